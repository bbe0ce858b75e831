import type { FollowedRun, Known } from './following.js';
import type { ReferenceNetwork, RunSummary } from '../messages.js';
import type { Palette } from './theme.js';

/** What a view gets. */
export interface ViewProps {
  readonly run: FollowedRun;
  readonly palette: Palette;
  /** What a server says besides; a report from a file has none. */
  readonly known?: Known;
  readonly references: readonly ReferenceNetwork[];
  /** A second run to show beside it. */
  readonly other?: FollowedRun;
  readonly runs: readonly RunSummary[];
  /** The key of the candidate that the reader looks at. */
  readonly focus: string | undefined;
  readonly onFocus: (key: string) => void;
}
