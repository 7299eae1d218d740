import { useEffect } from 'react';
import type { Settings } from '#shared/contract/settings.ts';
import { useCorvusQuery } from '../lib/query.ts';

type Theme = Settings['theme'];

/** For `public/first-theme.js`, which applies the theme before the first paint of the next visit. */
const storageName = 'corvusllm.theme';
const prefersDark = matchMedia('(prefers-color-scheme: dark)');

export function applyTheme(theme: Theme): void {
  const isDark = theme === 'dark' || (theme === 'system' && prefersDark.matches);
  document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light';
}

/** Keeps the page in the theme of the settings, and of the system where they say so. */
export function useTheme(): void {
  const settings = useCorvusQuery('settings.get', undefined, { refreshOn: ['settings.changed'] });
  const theme = settings.data?.theme;
  useEffect(() => {
    if (!theme) return;
    localStorage.setItem(storageName, theme);
    const apply = () => applyTheme(theme);
    apply();
    prefersDark.addEventListener('change', apply);
    return () => prefersDark.removeEventListener('change', apply);
  }, [theme]);
}
