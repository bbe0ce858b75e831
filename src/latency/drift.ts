import { quantile } from './errors.js';

/** What a network took at one visit. */
export interface Visit {
  /** The network's index. */
  readonly network: number;
  readonly milliseconds: number;
}

/** A network's latency for a batch. */
export interface Latency {
  /** What it takes while the machine is as fast as in the fastest quarter of the visits. */
  readonly milliseconds: number;
  /** The interquartile range over its visits, in milliseconds. */
  readonly spread: number;
}

/** A visit is compared with this many before it and as many after it. */
const NEIGHBOURS = 5;
/** Repetitions, after which the estimates hardly change. */
const REPETITIONS = 6;

/**
 * The latencies of `count` networks from visits in the order of time. A shared machine's speed can halve and return within seconds,
 * so a visit is divided by how slow its neighbours in time were, relative to what their networks usually take. That in
 * turn follows from the divided visits, so both are estimated in turns. Medians, since other programs disturb single visits.
 */
export function latenciesOf(visits: readonly Visit[], count: number): Latency[] {
  const logarithms = visits.map(({ milliseconds }) => Math.log(milliseconds));
  const perNetwork = (values: readonly number[], share: number): number[] => {
    const all: number[][] = Array.from({ length: count }, () => []);
    visits.forEach(({ network }, at) => all[network].push(values[at]));
    return all.map((each) => quantile(each, share));
  };
  let usual = perNetwork(logarithms, 0.5);
  let slowness: readonly number[] = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const relative = logarithms.map((value, at) => value - usual[visits[at].network]);
    slowness = relative.map((own, at) => {
      const around = relative.slice(Math.max(0, at - NEIGHBOURS), at + NEIGHBOURS + 1);
      around.splice(Math.min(at, NEIGHBOURS), 1);
      return around.length === 0 ? own : quantile(around, 0.5);
    });
    usual = perNetwork(
      logarithms.map((value, at) => value - slowness[at]),
      0.5,
    );
  }
  const quiet = quantile(slowness, 0.25);
  const milliseconds = visits.map((visit) => visit.milliseconds);
  const [upper, lower] = [perNetwork(milliseconds, 0.75), perNetwork(milliseconds, 0.25)];
  return usual.map((value, network) => ({
    milliseconds: Math.exp(value + quiet),
    spread: upper[network] - lower[network],
  }));
}
