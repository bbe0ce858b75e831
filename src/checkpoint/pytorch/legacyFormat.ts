/**
 * PyTorch's format before 1.6: five pickles in a row (a magic number, a version, facts about the machine, the content,
 * the names of the storages), then the storages in the order of their names, each a 64-bit element count and the
 * elements.
 */
import { show } from '../../errors.js';
import { ByteStream } from './byteStream.js';
import type { Container } from './container.js';
import type { FileBytes } from '../fileBytes.js';
import { findGlobal, storageOf } from './globals.js';
import { Malformed } from '../malformed.js';
import { unpickle } from './unpickler.js';
import type { Pickled, Storage } from './values.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;
const COUNT_BYTES = 8;

/** Where the numbers of a storage lie. */
interface Location {
  readonly start: number;
  readonly bytes: number;
}

export function openLegacyFormat(file: FileBytes): Container {
  const stream = new ByteStream((position, length) => file.readNow(position, length), 0, file.size);
  const plain = { find: findGlobal, persistent: refuseStorage };
  if (unpickle(stream, plain) !== MAGIC) {
    throw new Malformed("it begins with a pickle, but not with PyTorch's magic number");
  }
  const version = unpickle(stream, plain);
  if (version !== VERSION) throw new Malformed(`its format is not version ${VERSION}, the only one that exists`);
  const machine = unpickle(stream, plain);
  if (machine instanceof Map && machine.get('little_endian') === false) {
    throw new Malformed('it was written by a big-endian machine; glit reads little-endian numbers');
  }

  const storages = new Map<string, Storage>();
  const content = unpickle(stream, {
    find: findGlobal,
    persistent: (id) => {
      const storage = storageOf(id);
      // The pickle may mention only parts of a storage; any of them gives the element size.
      if (!storages.has(storage.key)) storages.set(storage.key, storage);
      return storage;
    },
  });
  const locations = locationsOf(unpickle(stream, plain), storages, stream.position, file);
  return {
    content,
    locate: async (storage) => {
      const location = locations.get(storage.key);
      if (location === undefined) throw new Malformed(`the numbers of its storage ${show(storage.key)} are missing`);
      if (!(storage.bytesNeeded <= location.bytes)) {
        throw new Malformed(
          `its storage ${show(storage.key)} should have ${storage.bytesNeeded} bytes and has ${location.bytes}`,
        );
      }
      return { length: location.bytes, fill: (target, position) => file.fill(target, location.start + position) };
    },
  };
}

function locationsOf(
  keys: Pickled,
  storages: ReadonlyMap<string, Storage>,
  begin: number,
  file: FileBytes,
): ReadonlyMap<string, Location> {
  if (!Array.isArray(keys)) throw new Malformed('its list of storages is not a list');
  const locations = new Map<string, Location>();
  let position = begin;
  for (const key of keys) {
    if (typeof key !== 'string') throw new Malformed('its list of storages has a name that is not text');
    const storage = storages.get(key);
    if (storage === undefined)
      throw new Malformed(`it holds the storage ${show(key)}, which its pickle does not describe`);
    if (position + COUNT_BYTES > file.size) throw cutOff(key);
    const elements = ByteStream.over(file.readNow(position, COUNT_BYTES)).unsigned(COUNT_BYTES);
    const location = { start: position + COUNT_BYTES, bytes: elements * (storage.scalar?.bytes ?? 1) };
    if (!(location.start + location.bytes <= file.size)) throw cutOff(key);
    locations.set(key, location);
    position = location.start + location.bytes;
  }
  return locations;
}

function cutOff(key: string): Malformed {
  return new Malformed(`it ends before or in its storage ${show(key)}: it is cut off or damaged`);
}

function refuseStorage(): never {
  throw new Malformed('its pickle refers to a storage that does not exist');
}
