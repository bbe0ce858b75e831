// Classifies an image in the browser and shows what the model looked at. The page needs the folder `model` beside it:
//
//   glit export runs/photos --with-grad-cam --out examples/browser/model
//   npx http-server examples/browser
import { AutoModel, AutoProcessor, env, pipeline, RawImage, Tensor } from '@huggingface/transformers';

const MODEL = 'model';
const SHOWN = 5;

env.allowRemoteModels = false;
env.allowLocalModels = true;
env.localModelPath = './';

const page = Object.fromEntries(
  ['drop', 'file', 'status', 'view', 'classes'].map((id) => [id, document.getElementById(id)]),
);

try {
  const classify = await pipeline('image-classification', MODEL);
  const processor = await AutoProcessor.from_pretrained(MODEL);
  const gradCam = await AutoModel.from_pretrained(MODEL, { model_file_name: 'grad_cam', dtype: 'fp32' });
  listen((image) => show(image, { classify, processor, gradCam }));
  page.file.disabled = false;
  page.status.textContent = 'Ready.';
} catch (error) {
  page.status.textContent = `The model cannot be loaded: ${error.message}`;
}

function listen(onImage) {
  const take = async (file) => {
    if (file === undefined) return;
    page.status.textContent = `Looking at ${file.name}…`;
    try {
      await onImage(await RawImage.fromBlob(file));
      page.status.textContent = file.name;
    } catch (error) {
      page.status.textContent = `${file.name} cannot be read: ${error.message}`;
    }
  };
  page.file.addEventListener('change', () => take(page.file.files[0]));
  page.drop.addEventListener('dragover', (event) => {
    event.preventDefault();
    page.drop.classList.add('over');
  });
  page.drop.addEventListener('dragleave', () => page.drop.classList.remove('over'));
  page.drop.addEventListener('drop', (event) => {
    event.preventDefault();
    page.drop.classList.remove('over');
    void take(event.dataTransfer.files[0]);
  });
}

async function show(image, { classify, processor, gradCam }) {
  const best = await classify(image, { top_k: SHOWN });
  page.classes.replaceChildren(...best.map(({ label, score }) => row(label, score)));

  // Grad-CAM explains the class whose score is 1.
  const { pixel_values: pixels } = await processor(image);
  const { label2id } = classify.model.config;
  const score = new Float32Array(Object.keys(label2id).length);
  score[label2id[best[0].label]] = 1;
  const { maps } = await gradCam({ pixel_values: pixels, score: new Tensor('float32', score, [1, score.length]) });
  draw(image, processor.image_processor.config, maps);
}

function row(label, score) {
  const item = document.createElement('li');
  const [name, bar, share] = ['span', 'meter', 'output'].map((kind) => document.createElement(kind));
  name.textContent = label;
  bar.value = score;
  share.textContent = `${(100 * score).toFixed(1)} %`;
  item.append(name, bar, share);
  return item;
}

/** Draws the part of the image that the model sees, dark where the first map [1, maps, rows, columns] is not positive. */
function draw(image, { size, crop_size: crop }, { data, dims: [, , rows, columns] }) {
  const context = page.view.getContext('2d');
  const { width, height } = page.view;
  const source = image.toCanvas();
  if (crop === undefined) context.drawImage(source, 0, 0, width, height);
  else {
    const side = (Math.min(source.width, source.height) * crop.width) / size.shortest_edge;
    context.drawImage(source, (source.width - side) / 2, (source.height - side) / 2, side, side, 0, 0, width, height);
  }

  const cells = Array.from(data.slice(0, rows * columns), (value) => Math.max(Number(value), 0));
  const most = Math.max(...cells) || 1;
  const shade = new ImageData(columns, rows);
  cells.forEach((value, at) => (shade.data[4 * at + 3] = 200 * (1 - value / most)));
  const small = new OffscreenCanvas(columns, rows);
  small.getContext('2d').putImageData(shade, 0, 0);
  context.drawImage(small, 0, 0, width, height);
  page.view.closest('figure').hidden = false;
}
