"""Small generated twins of published data sets, with the names and folders that these have: no picture is anybody's.

`build(name, root)` writes one; `SPLITS[name]` says which keys each split of it has. Names are spelt out here and not
made from the harness's own patterns, so that a wrong pattern fails.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HEIGHT, WIDTH = 24, 32
PALETTE = [0, 0, 0, *(value for k in range(1, 256) for value in (k, 255 - k, (7 * k) % 256))]


def picture(number: int, height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.uint8]:
    """A gradient whose colours and slope hang on the number."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [(x * (3 + number % 5) + y * (2 + c) + 31 * number + 60 * c) % 256 for c in range(3)]
    return np.stack(planes, axis=2).astype(np.uint8)


def hole(number: int = 0, height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.bool_]:
    """A hole that has no symmetry: a corner, and a dot."""
    mask = np.zeros((height, width), bool)
    mask[: 5 + number % 4, : 9 + number % 7] = True
    mask[-3, 2] = True
    return mask


def classes(number: int, of: int = 12, height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.uint8]:
    """Vertical bands of classes 1 … `of`, moved by the number."""
    return np.tile(((np.arange(width) // 3 + number) % of + 1).astype(np.uint8), (height, 1))


def save(path: Path, array: NDArray[np.uint8] | NDArray[np.bool_], *, palette: bool = False) -> None:
    """Write an array: by its suffix; bool as 255 where True; with a palette, as a palette's indices."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(array.astype(np.uint8) * 255 if array.dtype == np.bool_ else array)
    if palette:
        image = image.convert("P") if image.mode != "L" else Image.frombytes("P", image.size, image.tobytes())
        image.putpalette(PALETTE)
    image.save(path, **({"quality": 95} if path.suffix.lower() in (".jpg", ".jpeg") else {}))


def _places365(root: Path) -> None:
    for number in range(1, 9):
        save(root / "val_large" / f"Places365_val_{number:08d}.jpg", picture(number))
        save(root / "val_256" / f"Places365_val_{number:08d}.jpg", picture(number, 16, 16))
        save(root / "test_large" / f"Places365_test_{number:08d}.jpg", picture(number))
    save(root / "data_large" / "a" / "abbey" / "00000001.jpg", picture(1))
    save(root / "data_large" / "b" / "bow_window" / "indoor" / "00000001.jpg", picture(2))
    (root / "test_large_30k.lst").write_text("Places365_test_00000005.jpg\nPlaces365_test_00000002.jpg\n")


def _celeba_hq(root: Path) -> None:
    for number in range(1, 9):
        save(root / "data256x256" / f"{number:05d}.jpg", picture(number - 1))
    (root / "val_shuffled.flist").write_text("7.jpg\n0.jpg\n")
    (root / "train_shuffled.flist").write_text("".join(f"{n}.jpg\n" for n in range(1, 7)))
    lines = [f"{n} {100 + n} {100 + n:06d}.jpg" for n in range(8)]
    (root / "CelebA-HQ-to-CelebA-mapping.txt").write_text("idx orig_idx orig_file\n" + "\n".join(lines) + "\n")
    parts = "".join(f"{100 + n:06d}.jpg {int(n in (3, 5))}\n" for n in range(8))
    (root / "list_eval_partition.txt").write_text(parts)


def _ffhq(root: Path) -> None:
    for number in (0, 1, 999, 9999, 10000, 69999):
        folder = f"{number // 1000 * 1000:05d}"
        save(root / "images1024x1024" / folder / f"{number:05d}.png", picture(number))
        save(root / "thumbnails128x128" / folder / f"{number:05d}.png", picture(number, 16, 16))


def _celeba(root: Path) -> None:
    for number in (1, 2, 182637, 182638, 202599):
        save(root / "img_align_celeba" / f"{number:06d}.jpg", picture(number, 26, 20))


def _paris(root: Path) -> None:
    for number in range(1, 9):
        save(root / "paris_eval_gt" / f"{number:03d}_im.png", picture(number))
        save(root / "paris_train_original" / f"48.8_2.3_{number}_90.JPG", picture(number))


def _div2k(root: Path) -> None:
    for number in range(8):
        save(root / "DIV2K_train_HR" / f"{number + 1:04d}.png", picture(number))
        save(root / "DIV2K_valid_HR" / f"{number + 801:04d}.png", picture(number))
        save(root / "DIV2K_valid_LR_bicubic" / "X4" / f"{number + 801:04d}x4.png", picture(number, 6, 8))


def _set5(root: Path) -> None:
    for name in ("baby", "bird"):
        save(root / "original" / f"{name}.png", picture(len(name)))
        save(root / "LRbicx4" / f"{name}.png", picture(1, 6, 8))


def _urban100(root: Path) -> None:
    for number in (1, 2):
        for kind in ("HR", "LR"):
            save(root / "image_SRF_4" / f"img_{number:03d}_SRF_4_{kind}.png", picture(number))


def _bare(root: Path) -> None:
    for name in ("comic", "zebra", "zebra_LR"):
        save(root / f"{name}.png", picture(len(name)))


def _lol(root: Path) -> None:
    for part, numbers in (("eval15", (1, 22)), ("our485", (2, 5))):
        for number in numbers:
            save(root / part / "low" / f"{number}.png", picture(number) // 8)
            save(root / part / "high" / f"{number}.png", picture(number))


def _ve_lol(root: Path) -> None:
    for number in (690, 691):
        folder = root / "VE-LOL-L-Cap"
        save(folder / "VE-LOL-L-Cap-Low_test" / f"low{number:05d}.png", picture(number) // 8)
        save(folder / "VE-LOL-L-Cap-Normal_test" / f"normal{number:05d}.png", picture(number))
        for kind, level in (("Low", 8), ("Normal", 1)):
            save(root / "Synthetic" / "Test" / kind / f"r{number}t.png", picture(number) // level)


def _ntire_hdr(root: Path) -> None:
    for number in range(2):
        for exposure in ("short", "medium", "long", "gt"):
            save(root / f"{number:04d}_{exposure}.png", picture(number))


def _imagenet(root: Path) -> None:
    for number in (293, 236, 2338, 4, 5, 6, 7, 8):
        folder = root / "val" / f"n{number:08d}"
        save(folder / f"ILSVRC2012_val_{number:08d}.JPEG", picture(number))
    names = [f"ILSVRC2012_val_{number:08d}.JPEG {k}" for k, number in enumerate((293, 236, 2338))]
    (root / "imagenet_val_1k.txt").write_text("\n".join(names) + "\n")


def _lama(root: Path) -> None:
    kinds = ("thick", "medium", "thin")
    folders = [f"evaluation/random_{kind}_512" for kind in kinds]
    folders += [f"visual_test_256/random_{kind}_256" for kind in kinds]
    for folder in folders:
        for number in range(1, 9 if "thick_512" in folder or "thin_256" in folder else 3):
            name = f"Places365_val_{number:08d}_crop000"
            save(root / folder / f"{name}.png", picture(number))
            save(root / folder / f"{name}_mask000.png", hole(number))


def _mat(root: Path) -> None:
    for number in range(1, 9):
        save(root / "Places" / "images" / f"test{number}.jpg", picture(number))
        save(root / "Places" / "masks" / f"mask{number}.png", ~hole(number))


def _cm_gan(root: Path) -> None:
    for number in range(1, 9):
        save(root / "images" / f"Places365_val_{number:08d}.png", picture(number))
        save(root / "masks" / f"Places365_val_{number:08d}.png", hole(number))


def _rord(root: Path) -> None:
    for number in range(8):
        name = f"clip{number // 4}/{number:05d}"
        save(root / "val" / "img" / f"{name}.jpg", picture(number))
        save(root / "val" / "gt" / f"{name}.jpg", picture(number + 1))
        save(root / "val" / "mask" / f"{name}_M.png", ~hole(number))


def _editbench(root: Path) -> None:
    for kind in ("natural", "generated"):
        rows = ["aos,prompt_full,prompt_mask-simple,prompt_mask-rich"]
        for number, name in enumerate(("material-common", "count-rare")):
            save(root / f"references_{kind}" / f"{name}.png", picture(number))
            save(root / f"masks_{kind}" / f"{name}.png", hole(number))
            rows.append(f'{name},"{kind} {number}, all of it",a cup,"a red, shiny cup"')
        (root / f"annotations_{kind}.csv").write_text("\n".join(rows) + "\n")


def _brushbench(root: Path) -> None:
    facts = {}
    for number in (3, 12):
        save(root / "natural_image" / f"{number:04d}.jpg", picture(number, 512, 512))
        # rows 2 and 3, columns 4 … 8, counted from 1; the rest of the picture
        runs = [2 * 512 + 5, 5, 3 * 512 + 5, 5]
        rest = [1, 1028, 1034, 507, 1546, 512 * 512 - 1545]
        facts[f"{number:09d}"] = {
            "image": f"natural_image/{number:04d}.jpg", "caption": f"a dog with {number} spots",
            "inpainting_mask": runs, "outpainting_mask": " ".join(map(str, rest)),
        }  # fmt: skip
    (root / "mapping_file.json").write_text(json.dumps(facts))


def _coco(root: Path) -> None:
    """Two pictures of 32 x 24; of four annotations one is a crowd and one is tiny."""
    columns = [24 * 10 + 4, 6, 18, 6, 24 * 32 - 24 * 10 - 34]
    shapes = [[[2.0, 3.0, 12.0, 3.0, 12.0, 9.0, 2.0, 9.0]], {"size": [24, 32], "counts": columns}]
    for split in ("val2017", "train2017"):
        images = [{"id": n, "file_name": f"{n:012d}.jpg", "height": 24, "width": 32} for n in (7, 139)]
        for one in images:
            save(root / split / str(one["file_name"]), picture(int(str(one["id"]))))
        made = [(5, 139, 0, shapes[0], 60), (6, 7, 0, shapes[1], 12), (8, 7, 1, shapes[1], 12), (9, 7, 0, shapes[0], 2)]
        annotations = [
            {"id": id, "image_id": of, "iscrowd": crowd, "segmentation": shape, "area": area, "category_id": 18}
            for id, of, crowd, shape, area in made
        ]
        facts = {"images": images, "annotations": annotations, "categories": [{"id": 18, "name": "dog"}]}
        path = root / "annotations" / f"instances_{split}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(facts))


def _openimages(root: Path) -> None:
    (root / "class-descriptions-boxable.csv").write_text("/m/011k07,Tortoise\n/m/0bt9lr,Dog\n")
    for split in ("validation", "test", "train"):
        rows = ["MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks"]
        for number, (image, label) in enumerate((("00a1", "/m/0bt9lr"), ("00a1", "/m/011k07"), ("ff02", "/m/0bt9lr"))):
            mask = f"{image}_{label.removeprefix('/').replace('/', '')}_{number:08x}.png"
            save(root / split / f"{image}.jpg", picture(3))
            if number != 1:  # of the tortoise the mask was not downloaded
                save(root / f"{split}-masks" / mask, hole(number))
            rows.append(f"{mask},{image},{label},{number:08x},0.1,0.4,0.1,0.5,0.9,")
        (root / f"{split}-annotations-object-segmentation.csv").write_text("\n".join(rows) + "\n")


def _gqa_inpaint(root: Path) -> None:
    """Two pictures; in the second one two cats stand in one third, so no words mean either."""
    nouns = {"11": ("dog", [0, 0, 9, 9]), "12": ("cat", [23, 4, 31, 20]), "13": ("tree", [10, 2, 20, 12])}
    more = {"21": ("cat", [5, 3, 8, 9]), "22": ("cat", [6, 10, 9, 20]), "23": ("bus", [12, 4, 30, 20])}
    for split in ("test", "train"):
        scenes = {}
        for image, objects in (("7", nouns), ("n80", more)):
            save(root / "images" / f"{image}.jpg", picture(len(image)))
            graph = {}
            for id, (name, box) in objects.items():
                graph[id] = {"name": name, "bbox": box, "attributes": [], "relations": [], "bidirected": id != "13"}
                if id != "13":
                    save(root / "images_inpainted" / image / f"{id}.jpg", picture(int(id)))
                    save(root / "masks" / image / f"{id}.jpg", hole(int(id)))
            scenes[image] = {"width": WIDTH, "height": HEIGHT, "objects": graph, "image_relative_positions": {}}
        scenes["7"]["objects"]["11"]["relations"] = [{"name": "to the left of", "object": "12"}]
        (root / f"{split}_scenes.json").write_text(json.dumps(scenes))
    told = {"i7-o11": "remove the dog at the left of the cat", "i7-o12": "remove the cat at the right",
            "in80-o23": "remove the bus"}  # fmt: skip
    (root / "test_instructions.json").write_text(json.dumps(told))


def _facades(root: Path) -> None:
    for number in (1, 2, 60, 61, 378):
        save(root / "base" / f"cmp_b{number:04d}.jpg", picture(number))
        save(root / "base" / f"cmp_b{number:04d}.png", classes(number), palette=True)
        (root / "base" / f"cmp_b{number:04d}.xml").write_text("<object/>")
    for number in (1, 2, 228):
        save(root / "extended" / f"cmp_x{number:04d}.jpg", picture(number))
        save(root / "extended" / f"cmp_x{number:04d}.png", classes(number), palette=True)


def _pix2pix(root: Path) -> None:
    colours = np.array(
        [[0, 0, 170], [0, 0, 255], [0, 85, 255], [0, 170, 255], [0, 255, 255], [85, 255, 170],
         [170, 255, 85], [255, 255, 0], [255, 170, 0], [255, 85, 0], [255, 0, 0], [170, 0, 0]], np.uint8,
    )  # fmt: skip
    for split in ("test", "val", "train"):
        for number in range(1, 9):
            both = np.concatenate([picture(number), colours[classes(number) - 1]], axis=1)
            save(root / split / f"{number}.png", both)


def _cityscapes(root: Path) -> None:
    for city, frames in (
        ("frankfurt", ("000000_000294", "000000_000576", "000001_000538")),
        ("munster", ("000000_000019",)),
    ):
        for number, frame in enumerate(frames):
            save(root / f"leftImg8bit/val/{city}/{city}_{frame}_leftImg8bit.png", picture(number))
            save(root / f"gtFine/val/{city}/{city}_{frame}_gtFine_labelIds.png", classes(number, 33))
            save(root / f"gtFine/val/{city}/{city}_{frame}_gtFine_color.png", picture(number))
            wide = classes(number, 33).astype(np.uint16) * 1000
            path = root / f"gtFine/val/{city}/{city}_{frame}_gtFine_instanceIds.png"
            Image.fromarray(wide).save(path)


def artifact(number: int) -> NDArray[np.bool_]:
    """A part of `hole(number)`; nothing for every third number."""
    return hole(number) & (np.arange(WIDTH) > 2) if number % 3 else np.zeros((HEIGHT, WIDTH), bool)


def _pal4inpaint(root: Path) -> None:
    for folder in ("trainset_subset", "valset", "testset"):
        for number in range(1, 9):
            name = f"a_alcove_{number:08d}.png"
            save(root / folder / "images" / name, picture(number))
            save(root / folder / "masks" / name, hole(number).astype(np.uint8))
            save(root / folder / "labels" / name, np.repeat(artifact(number).astype(np.uint8)[..., None], 3, 2))


def _pal4vst(root: Path) -> None:
    for split in ("train", "val", "test"):
        for number in range(1, 9):
            save(root / "images" / split / f"sample_{number:06d}.jpg", picture(number))
            save(root / "labels" / split / f"sample_{number:06d}.png", artifact(number).astype(np.uint8))


def _nvidia(root: Path) -> None:
    for number in range(12):
        mask = np.zeros((HEIGHT, WIDTH), bool)
        mask[:, : (number % 6) * 3 + 2] = True  # .06, .16, …, .53: one in each tenth, and in no order of tenths
        mask[number, WIDTH - 5] = True  # no two are the same
        save(root / "mask" / "testing_mask_dataset" / f"{number:05d}.png", mask)
        save(root / "disocclusion_img_mask" / f"{number:05d}.png", ~mask)


def _mi_gan_masks(root: Path) -> None:
    for number in range(1, 9):
        save(root / "places-512" / f"Places365_val_{number:08d}.png", ~hole(number))
        save(root / "places-256" / f"Places365_val_{number:08d}.png", ~hole(number))
    for number in (0, 1, 999, 9999):
        save(root / "ffhq-256" / f"{number:05d}.png", ~hole(number))


def _mat_masks(root: Path) -> None:
    for kind in ("large", "small"):
        for number in range(1, 9):
            save(root / f"places-512-{kind}" / f"Places365_val_{number:08d}.png", ~hole(number))
        for number in (3, 5):
            save(root / f"celeba-hq-512-{kind}" / f"{number}.png", ~hole(number))


def _kadid(root: Path) -> None:
    lines = ["dist_img,ref_img,dmos,var"]
    for reference in range(1, 13):
        save(root / "images" / f"I{reference:02d}.png", picture(reference))
        for kind in (1, 10):
            name = f"I{reference:02d}_{kind:02d}_0{1 + reference % 5}.png"
            save(root / "images" / name, picture(reference) // 2)
            lines.append(f"{name},I{reference:02d}.png,{5 - kind / 3 - reference / 10:.2f},0.5")
    (root / "dmos.csv").write_text("\n".join(lines) + "\n")


def _tid2013(root: Path) -> None:
    lines = []
    for reference in (1, 2, 25):
        save(
            root / "reference_images" / ("i25.bmp" if reference == 25 else f"I{reference:02d}.BMP"), picture(reference)
        )
        for kind in (1, 8, 24):
            name = f"i{reference:02d}_{kind:02d}_{1 + kind % 5}.bmp"
            save(root / "distorted_images" / name, picture(reference) // 2)
            lines.append(f"{9 - kind / 5:.5f} {name.upper() if reference == 1 else name}")
    (root / "mos_with_names.txt").write_text("\n".join(lines) + "\n")
    (root / "mos_std.txt").write_text("0.1\n" * len(lines))


def _live(root: Path) -> None:
    from scipy.io import savemat

    folders = {"jp2k": 227, "jpeg": 233, "wn": 174, "gblur": 174, "fastfading": 174}
    names, scores, hidden = [], [], []
    for folder, count in folders.items():
        for number in range(1, count + 1):
            names.append("bikes.bmp" if number % 2 else "sailing1.bmp")
            hidden.append(number == 3)
            scores.append(0.0 if number == 3 else 10.0 + number)
            if number < 5:
                save(root / folder / f"img{number}.bmp", picture(number % 2) // 2)
    for number, name in enumerate(("sailing1", "bikes")):
        save(root / "refimgs" / f"{name}.bmp", picture(number))
    cells = np.empty((1, len(names)), object)
    cells[0] = [np.array([name]) for name in names]
    flags = np.array([hidden], np.uint8)
    savemat(root / "dmos.mat", {"dmos": np.array([scores]), "orgs": flags})
    savemat(root / "dmos_realigned.mat", {"dmos_new": np.array([scores]) + 5, "orgs": flags, "dmos_std": 1.0})
    savemat(root / "refnames_all.mat", {"refnames_all": cells})


def _csiq(root: Path) -> None:
    lines = ["all_by_image,,,,,", ",,,,,", "image,dst_idx,dst_type,dst_lev,dmos_std,dmos"]
    kinds = (("awgn", "AWGN", "noise"), ("jpeg2000", "jpeg2000", "jpeg 2000"), ("contrast", "contrast", "contrast"))
    for number, reference in enumerate(("1600", "boston")):
        save(root / "src_imgs" / f"{reference}.png", picture(number))
        for kind, (folder, spelt, told) in enumerate(kinds, 1):
            for level in (1, 4):
                save(root / "dst_imgs" / folder / f"{reference}.{spelt}.{level}.png", picture(number) // 2)
                lines.append(f"{reference},{kind},{told},{level},0.02,{level / 5:.3f}")
    (root / "csiq.DMOS.csv").write_text("\n".join(lines) + "\n")


def _koniq(root: Path) -> None:
    lines = ["image_name,c1,c2,c3,c4,c5,c_total,MOS,SD,set"]
    for number, part in enumerate(("training", "validation", "test") * 4, 826373):
        save(root / "512x384" / f"{number}.jpg", picture(number))
        save(root / "1024x768" / f"{number}.jpg", picture(number, 48, 64))
        lines.append(f"{number}.jpg,0,0,25,73,7,105,{10 + number % 70}.5,0.5,{part}")
    (root / "koniq10k_distributions_sets.csv").write_text("\n".join(lines) + "\n")


def _spaq(root: Path) -> None:
    lines = ["Image name,MOS,Brightness,Colorfulness,Contrast,Noisiness,Sharpness"]
    for number in range(1, 9):
        save(root / "TestImage" / f"{number:05d}.jpg", picture(number))
        lines.append(f"{number:05d}.jpg,{11 * number},1,2,3,4,5")
    (root / "Annotations").mkdir()
    (root / "Annotations" / "MOS and Image attribute scores.csv").write_text("\ufeff" + "\n".join(lines) + "\n")


def _pipal(root: Path) -> None:
    (root / "Train_Label").mkdir()
    for number, reference in enumerate(("A0001", "A0185")):
        save(root / "Train_Ref" / f"{reference}.bmp", picture(number))
        lines = []
        for kind in range(4):
            save(root / "Dist_Imgs" / f"{reference}_{kind:02d}_03.bmp", picture(number) // 2)
            lines.append(f"{reference}_{kind:02d}_03.bmp,{1400 + 10.25 * kind}")
        (root / "Train_Label" / f"{reference}.txt").write_text("\n".join(lines) + "\n")


def _lfw(root: Path) -> None:
    for number in range(1, 4):
        save(root / "lfw" / "Ann_Lee" / f"Ann_Lee_{number:04d}.jpg", picture(number, 112, 112))
    (root / "pairs.txt").write_text("1\t1\nAnn_Lee\t1\t2\nAnn_Lee\t1\tBo\t1\n")


def _xqlfw(root: Path) -> None:
    for number in range(1, 4):
        save(root / "xqlfw_aligned_112" / "Bo" / f"Bo_{number:04d}.jpg", picture(number, 112, 112))
    (root / "xqlfw_pairs.txt").write_text("1 1\nBo 1 2\nBo 1 Ann_Lee 1\n")


def _adience(root: Path) -> None:
    for number in range(1, 4):
        folder = root / "aligned" / f"{number}@N00"
        save(folder / f"landmark_aligned_face.{number}.800{number}_a_o.jpg", picture(number, 112, 112))


def _ijb_c(root: Path) -> None:
    for number in range(1, 4):
        save(root / "loose_crop" / f"{number}.jpg", picture(number))


def drawn(keys: list[str]) -> list[str]:
    """By the sha256 of the keys, as rated pictures come."""
    return sorted(keys, key=lambda key: hashlib.sha256(key.encode()).digest())


_BUILDERS: Mapping[str, Callable[[Path], None]] = {
    "places365": _places365, "celeba-hq": _celeba_hq, "ffhq": _ffhq, "celeba": _celeba, "paris-streetview": _paris,
    "div2k": _div2k, "imagenet-1k-list": _imagenet, "lama-eval": _lama, "mat-eval": _mat, "cm-gan-eval": _cm_gan,
    "rord": _rord, "gqa-inpaint": _gqa_inpaint, "editbench": _editbench,
    "brushbench": _brushbench, "coco-instances": _coco, "openimages-instances": _openimages,
    "set5": _set5, "set14": _bare, "bsd100": _bare, "urban100": _urban100, "lol": _lol, "ve-lol": _ve_lol,
    "ntire-hdr": _ntire_hdr,
    "cmp-facades": _facades, "facades-pix2pix": _pix2pix, "cityscapes": _cityscapes,
    "pal4inpaint": _pal4inpaint, "pal4vst": _pal4vst,
    "nvidia-masks": _nvidia, "mi-gan-masks": _mi_gan_masks, "mat-masks": _mat_masks,
    "kadid-10k": _kadid, "tid2013": _tid2013, "live-iqa": _live, "csiq": _csiq, "koniq-10k": _koniq, "spaq": _spaq,
    "pipal": _pipal, "lfw": _lfw, "xqlfw": _xqlfw, "adience": _adience, "ijb-c": _ijb_c,
}  # fmt: skip

_VAL = [f"Places365_val_{n:08d}" for n in range(1, 9)]
_CROPS = [f"{name}_crop000" for name in _VAL]
_BASE = [f"cmp_b{n:04d}" for n in (1, 2, 60, 61, 378)]
_LIVE = drawn([f"{kind}/img{n}" for kind in ("jp2k", "jpeg", "wn", "gblur", "fastfading") for n in (1, 2, 4)])
_TEST = drawn(["826375", "826378", "826381", "826384"])
_EXTENDED = [f"cmp_x{n:04d}" for n in (1, 2, 228)]

SPLITS: Mapping[str, Mapping[str, list[str]]] = {
    "places365": {
        "val": _VAL,
        "val-256": _VAL,
        "val-30k": _VAL,
        "test-lama-list": ["Places365_test_00000005", "Places365_test_00000002"],
        "train": ["a/abbey/00000001", "b/bow_window/indoor/00000001"],
    },
    "celeba-hq": {
        "all": [str(n) for n in range(8)],
        "lama-test": ["7", "0"],
        "lama-train": [str(n) for n in range(1, 7)],
        "mat-val": ["3", "5"],
    },
    "ffhq": {
        "all": ["00000", "00001", "00999", "09999", "10000", "69999"],
        "first-10k": ["00000", "00001", "00999", "09999"],
        "first-10k-128": ["00000", "00001", "00999", "09999"],
    },
    "celeba": {"test": ["182638", "202599"]},
    "paris-streetview": {
        "eval": [f"{n:03d}_im" for n in range(1, 9)],
        "train": [f"48.8_2.3_{n}_90" for n in range(1, 9)],
    },
    "div2k": {"valid": [f"{n:04d}" for n in range(801, 809)], "train": [f"{n:04d}" for n in range(1, 9)]},
    "imagenet-1k-list": {"list": [f"ILSVRC2012_val_{n:08d}" for n in (293, 236, 2338)]},
    "set5": {"all": ["baby", "bird"]},
    "set14": {"all": ["comic", "zebra"]},
    "bsd100": {"all": ["comic", "zebra"]},
    "urban100": {"all": ["img_001", "img_002"]},
    "lol": {"eval15": ["1", "22"], "our485": ["2", "5"]},
    "ve-lol": {"captured-test": ["00690", "00691"], "synthetic-test": ["r690t", "r691t"]},
    "ntire-hdr": {name: ["0000", "0001"] for name in ("medium", "short", "long")},
    "lama-eval": {"places-thick-512": _CROPS, "celeba-hq-thin-256": _CROPS, "places-thin-512": _CROPS[:2]},
    "mat-eval": {"places": [str(n) for n in range(1, 9)]},
    "cm-gan-eval": {"places-512": _VAL},
    "rord": {"val": [f"clip{n // 4}/{n:05d}" for n in range(8)], "val-clips": ["clip0/00000", "clip1/00004"]},
    "editbench": {
        f"{kind}{text}": ["material-common", "count-rare"] for kind in ("natural", "generated")
        for text in ("", "-simple", "-full")
    },
    "brushbench": {name: ["000000003", "000000012"] for name in ("inside", "outside")},
    "coco-instances": {name: ["000000000007/6", "000000000139/5"] for name in ("val2017", "train2017")},
    "openimages-instances": {
        name: ["00a1_m0bt9lr_00000000", "ff02_m0bt9lr_00000002"] for name in ("validation", "test", "train")
    },
    "gqa-inpaint": {name: ["i7-o11", "i7-o12", "in80-o23"] for name in ("test", "train")},
    "cmp-facades": {
        "asapnet-val": _BASE[:3],
        "asapnet-train": _BASE[3:],
        "base": _BASE,
        "extended": _EXTENDED,
        "all": _BASE + _EXTENDED,
    },
    "facades-pix2pix": {name: [str(n) for n in range(1, 9)] for name in ("test", "val", "train")},
    "cityscapes": {
        "val": [
            "frankfurt_000000_000294", "frankfurt_000000_000576", "frankfurt_000001_000538", "munster_000000_000019",
        ]
    },
    "pal4inpaint": {name: [f"a_alcove_{n:08d}" for n in range(1, 9)] for name in ("test", "val", "train")},
    "pal4vst": {name: [f"sample_{n:06d}" for n in range(1, 9)] for name in ("test", "val", "train")},
    "nvidia-masks": {"test": [f"{n:05d}" for n in range(12)], "train": [f"{n:05d}" for n in range(12)]},
    "mi-gan-masks": {"places-512": _VAL, "ffhq-256": ["00000", "00001", "00999", "09999"]},
    "mat-masks": {"places-512-large": _VAL, "celeba-hq-512-small": ["3", "5"]},
    "kadid-10k": {"all": drawn([f"i{n:02d}_{kind}_0{1 + n % 5}" for n in range(1, 13) for kind in ("01", "10")])},
    "tid2013": {"all": drawn([f"i{n}_{kind}" for n in ("01", "02", "25") for kind in ("01_2", "08_4", "24_5")])},
    "live-iqa": {name: _LIVE for name in ("all", "realigned")},
    "csiq": {
        "all": drawn(
            [f"{n}.{kind}.{k}" for n in ("1600", "boston") for kind in ("awgn", "jpeg2000", "contrast") for k in (1, 4)]
        )
    },
    "koniq-10k": {
        "test": _TEST, "test-1024": _TEST, "all": drawn([str(n) for n in range(826373, 826385)]),
        "train": drawn(["826373", "826376", "826379", "826382"]),
    },
    "spaq": {"all": drawn([f"{n:05d}" for n in range(1, 9)])},
    "lfw": {"view2": [f"Ann_Lee/Ann_Lee_{n:04d}" for n in (1, 2, 3)]},
    "xqlfw": {"pairs": [f"Bo/Bo_{n:04d}" for n in (1, 2, 3)]},
    "adience": {"all": [f"landmark_aligned_face.{n}.800{n}_a_o" for n in (1, 2, 3)]},
    "ijb-c": {"verification": ["1", "2", "3"]},
    "pipal": {"train": drawn([f"{ref}_0{kind}_03" for ref in ("a0001", "a0185") for kind in range(4)])},
}  # fmt: skip
"""Keys by collection and split, in the split's order."""


def build(name: str, root: Path) -> Path:
    """Write the twin of a collection below `root`, which it returns."""
    root.mkdir(parents=True, exist_ok=True)
    _BUILDERS[name](root)
    return root
