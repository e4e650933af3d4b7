// A mask as a PNG and back. A canvas writes colour and transparency only, so the PNG is put together here: one bit, grey.
const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});
const chunk = (kind, body) => {
  const made = new Uint8Array(body.length + 12), view = new DataView(made.buffer);
  view.setUint32(0, body.length);
  made.set([...kind].map(letter => letter.charCodeAt(0)), 4);
  made.set(body, 8);
  let sum = 0xffffffff;
  for (let i = 4; i < body.length + 8; i++) sum = CRC[(sum ^ made[i]) & 255] ^ (sum >>> 8);
  view.setUint32(body.length + 8, (sum ^ 0xffffffff) >>> 0);
  return made;
};
const png = async (mask, width, height) => {
  const stride = (width + 7) >> 3, rows = new Uint8Array((stride + 1) * height), head = new DataView(new ArrayBuffer(13));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) if (mask[y * width + x]) rows[y * (stride + 1) + 1 + (x >> 3)] |= 128 >> (x & 7);
  head.setUint32(0, width);
  head.setUint32(4, height);
  head.setUint8(8, 1);
  const packed = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));
  const body = new Uint8Array(await new Response(packed).arrayBuffer());
  const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
  const parts = [signature, chunk("IHDR", new Uint8Array(head.buffer)), chunk("IDAT", body), chunk("IEND", new Uint8Array())];
  const reader = new FileReader();
  return new Promise(resolve => {
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(new Blob(parts, { type: "image/png" }));
  });
};
const loaded = async source => {
  const image = new Image();
  image.src = source;
  await image.decode();
  return image;
};
const bits = async (source, width, height) => {
  const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
  context.drawImage(await loaded(source), 0, 0);
  const pixels = context.getImageData(0, 0, width, height).data;
  return Uint8Array.from({ length: width * height }, (_, i) => pixels[4 * i] > 127 ? 1 : 0);
};
