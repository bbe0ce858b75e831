import { record } from './record.js';
import { eventProto, hparamsProto } from './schema.js';

/** A picture in an event file. */
export interface LoggedPicture {
  readonly tag: string;
  readonly width: number;
  readonly height: number;
  readonly png: Uint8Array;
}

/** A hyperparameter's value. */
export type Setting = number | string | boolean;

/** Builds a file that TensorBoard reads (any file whose name has `tfevents` in it). Times are in seconds since 1970. */
export class EventFile {
  private readonly records: Uint8Array[] = [];

  constructor(private readonly began: number) {
    this.write({ wallTime: began, fileVersion: 'brain.Event:2' });
  }

  /** Numbers of one step, by tag. */
  scalars(wallTime: number, step: number, values: Readonly<Record<string, number>>): void {
    const value = Object.entries(values).map(([tag, simpleValue]) => ({ tag, simpleValue }));
    this.write({ wallTime, step, summary: { value } });
  }

  picture({ tag, width, height, png }: LoggedPicture): void {
    const image = { height, width, colorspace: 3, encodedImageString: png };
    this.write({ wallTime: this.began, step: 0, summary: { value: [{ tag, image }] } });
  }

  /** The settings of the run, which TensorBoard lists under HPARAMS. */
  hyperparameters(group: string, settings: Readonly<Record<string, Setting>>): void {
    const hparams = Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [name, { [`${typeof value}Value`]: value }]),
    );
    const message = { version: 0, sessionStartInfo: { hparams, groupName: group, startTimeSecs: this.began } };
    const content = hparamsProto.encode(hparamsProto.fromObject(message)).finish();
    const metadata = { pluginData: { pluginName: 'hparams', content } };
    const tag = '_hparams_/session_start_info';
    this.write({ wallTime: this.began, step: 0, summary: { value: [{ tag, metadata }] } });
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.records);
  }

  private write(event: object): void {
    this.records.push(record(eventProto.encode(eventProto.fromObject(event)).finish()));
  }
}
