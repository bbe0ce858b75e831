import { useEffect, useState } from 'preact/hooks';

/** The colours of charts. Series are told apart by readers with colour blindness (Okabe and Ito, 2008). */
export interface Palette {
  readonly text: string;
  readonly soft: string;
  readonly line: string;
  readonly back: string;
  readonly series: readonly string[];
}

const PALETTES = {
  light: {
    text: '#1c1c1e',
    soft: '#5a5b61',
    line: '#e3e3e0',
    back: '#ffffff',
    series: ['#0072b2', '#c64f00', '#00805c', '#a8487f', '#8a6100', '#2d7fb0'],
  },
  dark: {
    text: '#ececee',
    soft: '#a9aab0',
    line: '#34353a',
    back: '#1f2023',
    series: ['#56b4e9', '#ff8f4a', '#2fcb9b', '#e59fca', '#f0b93a', '#9fc5ff'],
  },
} as const satisfies Record<string, Palette>;

/** What the reader chose; `auto` is what the system has. */
export type ThemeChoice = 'auto' | 'light' | 'dark';
export const THEME_CHOICES: readonly ThemeChoice[] = ['auto', 'light', 'dark'];

const KEY = 'glit-theme';
const DARK = '(prefers-color-scheme: dark)';

/** The reader's choice, how to change it, and the colours that follow. */
export function useTheme(): { choice: ThemeChoice; choose: (choice: ThemeChoice) => void; palette: Palette } {
  const [choice, setChoice] = useState(storedChoice);
  const [isDarkSystem, setDarkSystem] = useState(() => matchMedia(DARK).matches);
  useEffect(() => {
    const media = matchMedia(DARK);
    const changed = (): void => setDarkSystem(media.matches);
    media.addEventListener('change', changed);
    return () => media.removeEventListener('change', changed);
  }, []);
  const isDark = choice === 'auto' ? isDarkSystem : choice === 'dark';
  useEffect(() => {
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light';
  }, [isDark]);
  const choose = (next: ThemeChoice): void => {
    setChoice(next);
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // A page from a file may have no storage; then the choice lasts as long as the page.
    }
  };
  return { choice, choose, palette: isDark ? PALETTES.dark : PALETTES.light };
}

function storedChoice(): ThemeChoice {
  try {
    return THEME_CHOICES.find((each) => each === localStorage.getItem(KEY)) ?? 'auto';
  } catch {
    return 'auto';
  }
}
