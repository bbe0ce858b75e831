import { render } from 'preact';
import type { ReportData } from '../messages.js';
import { LiveApp, ReportApp } from './app.js';

const [root, report] = ['app', 'report'].map((id) => document.getElementById(id));
const data = JSON.parse(report?.textContent ?? 'null') as ReportData | null;
if (root !== null) {
  root.replaceChildren();
  render(data === null ? <LiveApp /> : <ReportApp data={data} />, root);
}
