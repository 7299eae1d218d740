// `npm run gallery`: every component of the pages in all its states, without a running Corvus.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { applyTheme } from '../../src/renderer/app/theme.ts';
import { connect } from '../../src/renderer/lib/api.ts';
import { Gallery } from './gallery.tsx';

// Nothing answers here: each entry brings the answers it shows, and what it asks for besides stays under way.
window.corvus = { call: () => new Promise(() => {}), on: () => () => {} };
await connect();

const theme = new URLSearchParams(location.search).get('theme');
applyTheme(theme === 'light' || theme === 'dark' ? theme : 'system');
const container = document.getElementById('root');
if (!container) throw new Error('The page has no #root.');
createRoot(container).render(
  <StrictMode>
    <Gallery />
  </StrictMode>,
);
