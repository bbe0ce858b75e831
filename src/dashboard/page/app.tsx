import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Digest } from '../digest/digest.js';
import { isSilent, runToShow } from '../insight/runToShow.js';
import type { ReportData } from '../messages.js';
import { Following, type FollowedRun, type Known } from './following.js';
import { Empty, Select } from './parts.js';
import { THEME_CHOICES, useTheme } from './theme.js';
import type { ViewProps } from './view.js';
import { Anatomy } from './views/anatomy.js';
import { Overview } from './views/overview.js';
import { Search } from './views/search.js';
import { TrainingView } from './views/training.js';
import { Trust } from './views/trust.js';
import { STATUS, visible } from './words.js';

const VIEWS = {
  overview: { title: 'Overview', view: Overview },
  anatomy: { title: 'Anatomy', view: Anatomy },
  search: { title: 'Search', view: Search },
  training: { title: 'Training', view: TrainingView },
  trust: { title: 'Trust and ablation', view: Trust },
} as const;
type ViewName = keyof typeof VIEWS;

/** Where the reader is: `#/<run>/<view>/<candidate>`. */
interface Place {
  readonly run: string;
  readonly view: ViewName;
  readonly focus: string | undefined;
}

function placeOf(hash: string): Place {
  const [, run = '', view = '', focus] = hash.split('/').map(decoded);
  return { run, view: view in VIEWS ? (view as ViewName) : 'overview', focus };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function addressOf({ run, view, focus }: Place): string {
  return ['#', run, view, ...(focus === undefined ? [] : [focus])]
    .map((part, at) => (at === 0 ? part : encodeURIComponent(part)))
    .join('/');
}

function usePlace(): readonly [Place, (place: Partial<Place>) => void] {
  const [place, setPlace] = useState(() => placeOf(location.hash));
  useEffect(() => {
    const moved = (): void => setPlace(placeOf(location.hash));
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  return [place, (change) => (location.hash = addressOf({ ...place, ...change }))];
}

/** The page of a server, which follows runs. */
export function LiveApp() {
  const [known, setKnown] = useState<Known>({ runs: [], followed: new Map(), references: [] });
  const [following, setFollowing] = useState<Following>();
  useEffect(() => setFollowing(new Following(setKnown)), []);
  const [place, go] = usePlace();
  const [otherId, setOther] = useState('');
  const shown = useRef('');
  if (place.run === '') shown.current = runToShow(known.runs, shown.current, Date.now()) ?? '';
  const id = place.run === '' ? shown.current : place.run;
  useEffect(() => {
    following?.follow([id, otherId].filter((each, at, all) => each !== '' && all.indexOf(each) === at));
  }, [following, id, otherId]);
  const run = known.followed.get(id);
  const names = known.runs.map(
    (each) =>
      [each.id, `${visible(each.name)} (${isSilent(each, Date.now()) ? 'silent' : STATUS[each.status]})`] as const,
  );
  // A run that was deleted is no longer in the list.
  const listed = names.some(([each]) => each === id)
    ? names
    : [[id, visible(run?.name ?? 'a deleted run')] as const, ...names];
  return (
    <Frame
      run={run}
      place={place}
      go={go}
      known={known}
      other={otherId === id ? undefined : known.followed.get(otherId)}
      controls={
        known.runs.length > 0 && (
          <>
            <Select label="Run" value={id} options={listed} onChange={(next) => go({ run: next, focus: undefined })} />
            {known.runs.length > 1 && place.view === 'training' && (
              <Select
                label="Beside"
                value={otherId}
                options={[['', 'nothing'] as const, ...names.filter(([each]) => each !== id)]}
                onChange={setOther}
              />
            )}
          </>
        )
      }
    />
  );
}

/** The page of one run, from a file. */
export function ReportApp({ data: { name, digest, references, batches } }: { data: ReportData }) {
  const run = useMemo(
    (): FollowedRun => ({
      id: 'report',
      name,
      digest: new Digest(digest),
      read: 1,
      broken: 0,
      gone: false,
      batches,
    }),
    [],
  );
  const [place, go] = usePlace();
  return <Frame run={run} place={place} go={go} references={references} controls={<strong>{visible(name)}</strong>} />;
}

function Frame({
  run,
  place,
  go,
  known,
  references = known?.references ?? [],
  other,
  controls,
}: {
  run: FollowedRun | undefined;
  place: Place;
  go: (place: Partial<Place>) => void;
  known?: Known;
  references?: ViewProps['references'];
  other?: FollowedRun | undefined;
  controls: preact.ComponentChildren;
}) {
  const { choice, choose, palette } = useTheme();
  const { title, view: View } = VIEWS[place.view];
  useEffect(() => {
    document.title = run === undefined ? 'glit' : `${title}: ${visible(run.name)} – glit`;
  }, [title, run?.name]);
  const main = useRef<HTMLElement>(null);
  const before = useRef(place.view);
  useEffect(() => {
    // Who goes to another view by keyboard or screen reader begins at its top.
    if (before.current !== place.view) main.current?.focus();
    before.current = place.view;
  }, [place.view]);
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <header>
        <h1>glit</h1>
        {controls}
        <Select
          label="Colours"
          value={choice}
          options={THEME_CHOICES.map((each) => [each, each] as const)}
          onChange={choose}
        />
      </header>
      <nav aria-label="Views">
        {Object.entries(VIEWS).map(([name, { title: each }]) => (
          <a
            key={name}
            href={addressOf({ ...place, view: name as ViewName })}
            aria-current={name === place.view ? 'page' : undefined}
          >
            {each}
          </a>
        ))}
      </nav>
      <main id="main" ref={main} tabIndex={-1}>
        {known?.trouble !== undefined && (
          <p class="trouble" role="alert">
            {run !== undefined && run.digest.status !== 'running'
              ? 'The server has ended with the work. The run folder has this page as report.html.'
              : `The server does not answer (${visible(known.trouble)}). What is shown is the last that it said.`}
          </p>
        )}
        {run === undefined ? (
          <Empty>
            {known?.runs.length === 0 ? 'There is no run yet; this page shows it when it begins.' : 'Reading …'}
          </Empty>
        ) : (
          // What was chosen in one run says nothing about another.
          <View
            key={run.id}
            run={run}
            palette={palette}
            references={references}
            runs={
              known?.runs ?? [
                {
                  id: run.id,
                  name: run.name,
                  status: run.digest.status,
                  time: run.digest.time,
                  ...(run.digest.outcome !== undefined && { outcome: run.digest.outcome }),
                },
              ]
            }
            focus={place.focus}
            onFocus={(focus) => go({ view: 'anatomy', focus })}
            {...(known !== undefined && { known })}
            {...(other !== undefined && { other })}
          />
        )}
      </main>
    </>
  );
}
