import type { Config } from '../config/config.js';
import { searchDataOf } from '../config/check.js';
import { parseConfig } from '../config/layers.js';
import type { SearchData } from '../dataset/dataset.js';
import { UserError } from '../errors.js';
import { architecture } from '../family/architecture.js';
import type { Architecture } from '../family/family.js';
import { needOriginals, openDataset } from '../loader/openDataset.js';
import { architectureOf, inheritWeights } from '../model/inherit.js';
import { supernet, type Network } from '../model/network.js';
import { readArchitecture } from '../modelfile/architectureFile.js';
import { readClassNames } from '../modelfile/classNames.js';
import { exportedModel, type ModelForm } from '../modelfile/exportModel.js';
import { assessModel } from '../modelfile/assess.js';
import { requireNewModel, writeModel } from '../modelfile/writeModel.js';
import { seeded, type Rng } from '../random/rng.js';
import { settledDevice } from './devices/settledDevice.js';
import { openDevice, type Device } from '../runtime/device.js';
import { best } from '../search/best.js';
import { pathKey, pathOf, type Path } from '../space/space.js';
import type { Listener } from '../telemetry/events.js';
import { readJournal } from '../telemetry/journal.js';
import { stageName } from '../telemetry/stage.js';
import { NetworkState, type Weights } from '../train/state.js';
import { calibrationBatches, type CalibrationContext } from './levels/candidateScorer.js';
import { Recalibrator } from './levels/recalibrate.js';
import { backboneOf, eligibleOf } from './levels/hierarchicalSearch.js';
import { checkSameImages, searchedLevel, type SearchedLevel } from './levels/searchedLevel.js';
import { candidateName } from './levels/searchLevel.js';
import { RunFolder } from './folder/runFolder.js';

export interface ExportInheritedOptions {
  /** The ONNX file to write; its folder is created. */
  readonly out: string;
  readonly form?: ModelForm | undefined;
  /** The candidate: a JSON file. Default: the best of the search. */
  readonly architecture?: string | undefined;
  /** A file of class names in output order. Default: those of the run's images. */
  readonly classNames?: string | undefined;
  readonly emit?: Listener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A candidate, exported with the weights that it inherits. */
export interface ExportedCandidate {
  readonly architecture: Architecture;
  readonly classes: readonly string[];
  /** The level whose supernet the weights are from. */
  readonly level: string;
  /** Accuracy on the held-out images, 0 to 1, measured from the model. */
  readonly heldOut: number;
  /** The number of held-out images. */
  readonly images: number;
  /** The fitness that the search recorded; undefined if it did not score the candidate. */
  readonly fitness: number | undefined;
}

/**
 * Writes a candidate of the finished search in `run` as an ONNX model without training it: with weights inherited from
 * the last level's supernet, and BatchNorm statistics recomputed from training images as in the search. The model runs
 * once as a test. Throws a UserError when the run has no finished search, or no longer has its supernet or its images,
 * when the search could not reach the architecture, or when `out` exists.
 */
export async function exportInherited(
  run: string,
  { out, form, architecture: given, classNames, emit = () => undefined, signal }: ExportInheritedOptions,
): Promise<ExportedCandidate> {
  await requireNewModel(out);
  const folder = await RunFolder.open(run);
  const config = parseConfig(await folder.read('config.yaml'), folder.path('config.yaml'));
  const level = await searchedLevel(folder, config);
  const network = supernet(backboneOf(config, level.classes), level.space, config.space);
  const { name, path } =
    given === undefined ? await winnerOf(folder, config, level) : await candidateIn(network, given, run);
  const candidate = architecture(level.space.family, { ...architectureOf(network, path), name });
  const names = classNames === undefined ? undefined : await readClassNames(classNames, run, level.classes);

  const rng = seeded(config.seed);
  const { dataset, unreadable } = await openDataset(config, {
    rng: rng.fork('dataset'),
    originals: needOriginals([config.supernet]),
    emit,
    signal,
  });
  checkSameImages({ config, dataset, rng }, folder, level);
  const data = searchDataOf(config, dataset, rng);
  const classes = names ?? data.classes;
  const device = await openDevice(settledDevice(config.device));
  try {
    const context = { config, unreadable, signal };
    const search = rng.fork(stageName({ kind: 'search', level: level.name }));
    const shared = await folder.readWeights(level.weightsFile);
    const weights = await inheritedWeights(context, device, network, path, shared, data, search);
    const model = {
      ...exportedModel(weights, { classes, architecture: candidate, seed: config.seed }, form),
      name: out,
    };
    const { accuracy: heldOut } = await assessModel(device, model, data.searchVal, {
      batchSize: config.search.evaluationBatchSize,
      workers: config.data.workers,
      onUnreadable: unreadable.meet,
      signal,
    });
    await writeModel(out, model);
    const fitness = level.recorded.find((each) => pathKey(each.path) === pathKey(path))?.fitness;
    const images = data.searchVal.labels.length;
    return { architecture: candidate, classes, level: level.name, heldOut, images, fitness };
  } finally {
    await device.close();
  }
}

/** A candidate of the last level. */
interface Candidate {
  readonly name: string | undefined;
  readonly path: Path;
}

/** The network that the search chose: its best candidate or, if the budget bounds latency, the best one within it. */
async function winnerOf(folder: RunFolder, config: Config, { candidates }: SearchedLevel): Promise<Candidate> {
  const slow = new Map<string, boolean>();
  for (const { name, milliseconds, limit } of await readJournal(folder.path('journal.jsonl'), 'latencyMeasured')) {
    slow.set(name, milliseconds > limit);
  }
  const searched = candidates.filter(({ method }) => method !== 'random');
  const ranked = eligibleOf(config, { candidates: searched, ranked: best(searched, Infinity) });
  const winner = ranked.find((each) => slow.get(candidateName(each)) !== true);
  if (winner === undefined) {
    throw new UserError(`${folder.root} has no candidate within the limit on latency; name one with --arch`);
  }
  return { name: candidateName(winner), path: winner.path };
}

/** The candidate with the blocks of an architecture. Throws a UserError when the supernet does not have it. */
async function candidateIn({ space, backbone }: Network, file: string, run: string): Promise<Candidate> {
  const wanted = await readArchitecture(file);
  const refused = (fact: string): UserError =>
    new UserError(`${file} is no candidate of the search in ${run}: ${fact}; give the architecture of one`);
  if (wanted.family !== space.family) throw refused(`it is of the family ${wanted.family.name}`);
  for (const [field, value] of Object.entries(backbone)) {
    if (wanted.backbone[field] !== value) throw refused(`its ${field} is ${wanted.backbone[field]}, not ${value}`);
  }
  try {
    return { name: wanted.name, path: pathOf(space, wanted.blocks) };
  } catch (error) {
    throw error instanceof UserError ? refused(error.message) : error;
  }
}

/** A path's weights from its supernet's, with statistics of its own. */
async function inheritedWeights(
  context: CalibrationContext,
  device: Device,
  network: Network,
  path: Path,
  shared: Weights,
  data: SearchData,
  rng: Rng,
): Promise<Weights> {
  const batches = calibrationBatches(context, network, data, { rng });
  if (batches === undefined) return inheritWeights(network, path, shared);
  const state = await NetworkState.load(device, network, shared);
  const recalibrator = await Recalibrator.create(device, network, batches, context.signal);
  try {
    await recalibrator.recalibrate(state, path);
    return inheritWeights(network, path, await state.weights());
  } finally {
    await recalibrator.close();
    await batches.close();
    state.free();
  }
}
