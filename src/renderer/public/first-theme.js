// Runs before the first picture, so that it has the theme of the last visit, which app/theme.ts stores.
{
  const stored = localStorage.getItem('corvusllm.theme');
  const isDark = stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
}
