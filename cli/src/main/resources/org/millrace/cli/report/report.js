'use strict';
const charts = JSON.parse(document.getElementById('charts').textContent);
const colours = ['#0b6bcb', '#c4560a', '#2c8a43'];
const variable = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const axis = (title, more) => ({ title: { display: true, text: title }, ...more });
const drawn = [];
const draw = () => {
  while (drawn.length) drawn.pop().destroy();
  Chart.defaults.color = variable('--soft');
  Chart.defaults.borderColor = variable('--line');
  for (const canvas of document.querySelectorAll('canvas[data-chart]')) {
    const c = charts[canvas.dataset.chart];
    const shared = { animation: false, maintainAspectRatio: false };
    drawn.push(new Chart(canvas, c.lines ? {
      type: 'line',
      data: { datasets: c.lines.map((line, i) => ({
        label: line.name, data: line.x.map((x, k) => ({ x, y: line.y[k] })),
        borderColor: colours[i % colours.length], backgroundColor: colours[i % colours.length],
        borderWidth: 1.6, pointRadius: line.x.length > 40 ? 0 : 2 })) },
      options: { ...shared, parsing: false,
        scales: { x: axis(c.x, { type: 'linear' }), y: axis(c.y) },
        plugins: { legend: { display: c.lines.length > 1 } } },
    } : {
      type: 'bar',
      data: { labels: c.labels, datasets: [{ data: c.values, backgroundColor: colours[0], maxBarThickness: 28 }] },
      options: { ...shared, indexAxis: c.lying ? 'y' : 'x',
        scales: {
          x: axis(c.x, c.lying ? { beginAtZero: true, ticks: { precision: 0 } } : {}),
          y: axis(c.y, c.lying ? { ticks: { autoSkip: false } } : { beginAtZero: true, ticks: { precision: 0 } }) },
        plugins: { legend: { display: false } } },
    }));
  }
};
draw();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
