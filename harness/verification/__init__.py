"""Quality judged by recognition: pairs of images, errors against what is discarded, lists of pairs."""
