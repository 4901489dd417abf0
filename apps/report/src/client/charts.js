/*
 * Makes the drawn charts of a page interactive: values under the pointer, zoom on time, series on and off. It changes the drawings
 * in place; without it the page shows the same charts. Runs in the browser, without libraries.
 *
 * A figure holds two drawings of one chart, for wide and narrow screens, and its data as JSON:
 *
 *   figure.chart ─ .legend, .plot ─ .wide svg, .narrow svg
 *                └ script.chart-data ─ { title, key, values, panels, columns }
 */
(() => {
  const SVG = 'http://www.w3.org/2000/svg';
  const DAY = 86_400_000;
  /** Fewest days that a zoom shows. */
  const LEAST_DAYS = 5;
  /** Distance that a pointer moves before a press counts as dragging, px. */
  const DRAG = 5;
  const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
  /** Distance of a marked day's label from its line, px. */
  const LABEL_GAP = 4;
  /** Width of a label of the time axis, px. */
  const LABEL_WIDTH = 64;

  /**
   * @typedef {{ type: 'time' | 'linear' | 'log' | 'band', domain: (number | string)[] }} Scale
   * @typedef {{ label: string, field: string, format: string, color: string | null, stacked?: boolean }} Value
   * @typedef {{ title: string, key: { x?: string, y?: string }, values: Value[][],
   *   panels: Record<string, { group: string, x: Scale, y: Scale }[]>, columns: Record<string, unknown[]> }} ChartData
   * @typedef {{ element: SVGElement, place: [number, number] | null, x2: number, y2: number, width: number }} Mark
   * @typedef {{ body: SVGGraphicsElement, content: Element, overlay: SVGGElement, width: number, height: number, x: Scale,
   *   y: Scale, xNow: number[], yNow: number[], values: Value[], marks: Mark[], axes: Map<Element, Element[]> }} Panel
   * @typedef {{ svg: SVGSVGElement, panels: Panel[] }} View
   */

  for (const figure of /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll('figure.chart:has(.chart-data)')
  )) {
    startChart(figure);
  }

  /** @param {HTMLElement} figure */
  function startChart(figure) {
    const plot = /** @type {HTMLElement} */ (figure.querySelector('.plot'));
    /** @type {ChartData} */
    const data = JSON.parse(figure.querySelector('.chart-data')?.textContent ?? '');
    const { key, columns } = data;
    const size = Object.values(columns)[0].length;
    const views = ['wide', 'narrow'].map((name) => openView(figure, data, name));
    const scale = views[0].panels[0].x;
    const isTime = scale.type === 'time';
    const isLine = key.x !== undefined && scale.type !== 'band';
    const canZoom = isTime && isLine;
    /** Places of the rows on a continuous horizontal axis. */
    const places = isLine
      ? columns[/** @type {string} */ (key.x)].map((at) =>
          isTime ? Date.parse(String(at)) : onScale(scale, Number(at)),
        )
      : [];
    const full = spanOf(scale);
    let shown = full;
    /** @type {Set<string>} */
    const hidden = new Set();
    const tip = add(plot, 'div', 'tip');
    tip.hidden = true;
    const tools = isLine ? addTools() : null;
    makeSwitches();
    for (const view of views) listen(view);
    document.addEventListener('pointerdown', (event) => {
      if (event.target instanceof Node && !plot.contains(event.target)) show(-1); // a finger does not leave the chart
    });

    /** Rows within the shown span. */
    function visibleRows() {
      return places.flatMap((place, row) => (place >= shown[0] && place <= shown[1] ? [row] : []));
    }

    /** @param {number} place */
    function nearestRow(place) {
      return visibleRows().reduce(
        (best, row) =>
          best < 0 || Math.abs(places[row] - place) < Math.abs(places[best] - place) ? row : best,
        -1,
      );
    }

    /** Row under a point of a panel; -1 for none. @param {Panel} panel @param {number} px @param {number} py */
    function rowAt(panel, px, py) {
      if (isLine) return nearestRow(panel.xNow[0] + (px / panel.width) * (panel.xNow[1] - panel.xNow[0]));
      if (px < 0 || py < 0 || px > panel.width || py > panel.height) return -1;
      const inBand = (/** @type {Scale} */ { domain }, /** @type {number} */ share) =>
        domain[Math.min(domain.length - 1, Math.floor(share * domain.length))];
      const column = key.x === undefined ? null : inBand(panel.x, px / panel.width);
      const line = key.y === undefined ? null : inBand(panel.y, py / panel.height);
      return Array.from({ length: size }, (_, row) => row).findIndex(
        (row) =>
          (column === null || String(columns[String(key.x)][row]) === column) &&
          (line === null || String(columns[String(key.y)][row]) === line),
      );
    }

    /** Shows the values of a row, beside a panel; hides them for -1. @param {number} row @param {number} [at] index of the panel */
    function show(row, at = 0) {
      for (const { panels } of views) for (const panel of panels) panel.overlay.replaceChildren();
      tip.hidden = row < 0;
      if (row < 0) return;
      for (const { panels } of views) for (const panel of panels) point(panel, row);
      fillTip(row);
      placeTip(row, at);
    }

    /** @param {Panel} panel @param {number} row */
    function point(panel, row) {
      const { overlay, width, height, xNow, yNow, values } = panel;
      if (!isLine) {
        const [left, right] = bandOf(panel.x, key.x, row, width);
        const [top, bottom] = bandOf(panel.y, key.y, row, height);
        draw(overlay, 'rect', { class: 'cell', x: left, y: top, width: right - left, height: bottom - top });
        return;
      }
      const x = along(places[row], xNow, width);
      draw(overlay, 'line', { class: 'cursor', x1: x, x2: x, y1: 0, y2: height });
      for (const { field, color, stacked } of values) {
        const value = columns[field][row];
        if (typeof value !== 'number' || color === null || stacked || hidden.has(color)) continue;
        draw(overlay, 'circle', {
          class: 'dot',
          cx: x,
          cy: height - along(onScale(panel.y, value), yNow, height),
          r: 4,
          fill: color,
        });
      }
    }

    /** Start and end of a row's band on one axis. @param {Scale} scale @param {string | undefined} field @param {number} row @param {number} length */
    function bandOf({ domain }, field, row, length) {
      if (field === undefined) return [0, length];
      const band = length / domain.length;
      const at = domain.indexOf(String(columns[field][row]));
      return [at * band, (at + 1) * band];
    }

    /** @param {number} row */
    function fillTip(row) {
      tip.replaceChildren();
      add(tip, 'b', '', nameOf(row));
      for (const { label, field, format, color } of data.values.flat()) {
        if (color !== null && hidden.has(color)) continue;
        const line = add(tip, 'span', '');
        add(line, 'span', '', label);
        add(line, 'span', '', write(columns[field][row], format));
      }
    }

    /** @param {number} row */
    function nameOf(row) {
      if (canZoom) return writeDay(places[row]);
      const parts = [key.y, key.x].flatMap((field) =>
        field === undefined ? [] : [`${field} ${columns[field][row]}`],
      );
      if (key.y !== undefined && key.x === undefined && typeof columns[key.y][row] === 'string') {
        return String(columns[key.y][row]);
      }
      return parts.join(', ').replace(/^./, (letter) => letter.toUpperCase());
    }

    /** @param {number} row @param {number} i index of the panel */
    function placeTip(row, i) {
      const view = views.find(({ svg }) => svg.getBoundingClientRect().width > 0) ?? views[0];
      const panel = view.panels[i];
      const at = panel.body.getScreenCTM();
      if (at === null) return;
      const x = isLine
        ? along(places[row], panel.xNow, panel.width)
        : bandOf(panel.x, key.x, row, panel.width)[0];
      const y = isLine ? 4 : bandOf(panel.y, key.y, row, panel.height)[1] + 4;
      const corner = new DOMPoint(x, y).matrixTransform(at);
      const box = plot.getBoundingClientRect();
      const { width } = tip.getBoundingClientRect();
      const right = corner.x - box.left + 14;
      const left = right + width > box.width && isLine ? right - width - 28 : right;
      tip.style.left = `${Math.max(0, Math.min(left, box.width - width))}px`;
      tip.style.top = `${corner.y - box.top}px`;
    }

    function makeSwitches() {
      for (const item of /** @type {NodeListOf<HTMLElement>} */ (
        figure.querySelectorAll('.legend li[data-color]')
      )) {
        const color = String(item.dataset.color);
        const button = document.createElement('button');
        button.type = 'button';
        button.append(...item.childNodes);
        button.setAttribute('aria-pressed', 'true');
        button.addEventListener('click', () => {
          if (!hidden.delete(color)) hidden.add(color);
          button.setAttribute('aria-pressed', String(!hidden.has(color)));
          for (const mark of figure.querySelectorAll(
            `.plot .role-mark [stroke="${color}"], .plot .role-mark [fill="${color}"]`,
          )) {
            mark.classList.toggle('off', hidden.has(color));
          }
          zoom(shown[0], shown[1]);
        });
        item.append(button);
      }
    }

    /** Buttons for the span shown, and a slider that reads the values with the keyboard. */
    function addTools() {
      const bar = document.createElement('div');
      bar.className = 'tools';
      const spans = isTime
        ? [
            ['1 month', 30.4],
            ['3 months', 91.3],
            ['6 months', 182.6],
            ['1 year', 365.25],
            ['3 years', 1095.75],
          ]
            .map(([name, days]) => ({ name: String(name), length: Number(days) * DAY }))
            .filter(({ length }) => length < 0.8 * (full[1] - full[0]))
        : [];
      const presets = spans.map(({ name, length }) => ({
        length,
        button: addButton(bar, name, () => zoom(shown[1] - length, shown[1])),
      }));
      /** @param {number} share of the span shown */
      const move = (share) => {
        const length = shown[1] - shown[0];
        const start = Math.max(full[0], Math.min(full[1] - length, shown[0] + share * length));
        zoom(start, start + length);
      };
      const all = isTime ? addButton(bar, 'All', () => zoom(full[0], full[1])) : null;
      const earlier = isTime ? addButton(bar, '← Earlier', () => move(-0.5)) : null;
      const later = isTime ? addButton(bar, 'Later →', () => move(0.5)) : null;
      const label = add(bar, 'label', '', 'Read values');
      const slider = document.createElement('input');
      slider.type = 'range';
      slider.addEventListener('input', () => {
        const row = Number(slider.value);
        show(row);
        slider.setAttribute('aria-valuetext', tipText());
      });
      slider.addEventListener('blur', () => show(-1));
      label.append(slider);
      plot.before(bar);
      const tipText = () =>
        [...tip.children]
          .map((line) => [...line.childNodes].map((part) => part.textContent).join(' '))
          .join('; ');
      const update = () => {
        const rows = visibleRows();
        slider.min = String(rows[0] ?? 0);
        slider.max = String(rows.at(-1) ?? 0);
        slider.setAttribute('aria-valuetext', nameOf(Number(slider.value)));
        const length = shown[1] - shown[0];
        const isAll = shown[0] <= full[0] && shown[1] >= full[1];
        for (const preset of presets) {
          preset.button.setAttribute(
            'aria-pressed',
            String(!isAll && Math.abs(length - preset.length) < DAY),
          );
        }
        all?.setAttribute('aria-pressed', String(isAll));
        if (earlier) earlier.disabled = shown[0] <= full[0];
        if (later) later.disabled = shown[1] >= full[1];
      };
      slider.value = '0';
      update();
      return { update };
    }

    /** Shows a span of the horizontal axis, and the heights that its values need. @param {number} from @param {number} to */
    function zoom(from, to) {
      if (!canZoom) return;
      const length = Math.min(full[1] - full[0], Math.max(LEAST_DAYS * DAY, to - from));
      const start = Math.max(full[0], Math.min(full[1] - length, from));
      const isAll = length >= full[1] - full[0];
      shown = isAll ? full : [start, start + length];
      const rows = visibleRows();
      for (const { panels } of views) {
        for (const panel of panels) {
          panel.xNow = shown;
          panel.yNow = isAll ? spanOf(panel.y) : heights(panel, rows);
          redraw(panel, isAll);
        }
      }
      tools?.update();
      show(-1);
    }

    /** @param {Panel} panel @param {number[]} rows */
    function heights({ y, values }, rows) {
      const [bottom, top] = /** @type {number[]} */ (y.domain);
      const seen = values
        .filter(({ color }) => color === null || !hidden.has(color))
        .flatMap(({ field }) => rows.map((row) => columns[field][row]))
        .filter((value) => typeof value === 'number');
      if (seen.length === 0) return [bottom, top];
      if (bottom <= 0 && top >= 0) seen.push(0);
      const [low, high] = [Math.min(...seen), Math.max(...seen)];
      const margin = 0.05 * (high - low) || 0.05 * (top - bottom);
      return [low === 0 ? 0 : low - margin, high === 0 ? 0 : high + margin];
    }

    /** @param {View} view */
    function listen({ svg, panels }) {
      svg.classList.add('live');
      /** Start of a drag on the horizontal axis; null without one. @type {number | null} */
      let pressed = null;
      const local = (/** @type {PointerEvent} */ event, /** @type {Panel} */ panel) =>
        new DOMPoint(event.clientX, event.clientY).matrixTransform(panel.body.getScreenCTM()?.inverse());
      const value = (/** @type {number} */ px) => {
        const { width, xNow } = panels[0];
        return xNow[0] + (Math.max(0, Math.min(width, px)) / width) * (xNow[1] - xNow[0]);
      };
      /** Shows the row under the pointer. @param {PointerEvent} event */
      const pointAt = (event) => {
        const inside = panels.findIndex((panel) => {
          const { y } = local(event, panel);
          return y >= 0 && y <= panel.height;
        });
        const i = Math.max(0, inside);
        const { x, y } = local(event, panels[i]);
        show(rowAt(panels[i], x, y), i);
      };
      svg.addEventListener('pointerdown', (event) => {
        if (event.pointerType === 'touch') return pointAt(event);
        if (!canZoom || event.button !== 0) return;
        pressed = local(event, panels[0]).x;
        svg.setPointerCapture(event.pointerId);
      });
      svg.addEventListener('pointermove', (event) => {
        const { x } = local(event, panels[0]);
        if (pressed === null || Math.abs(x - pressed) < DRAG) return pointAt(event);
        show(-1);
        const [left, right] = [pressed, x]
          .map((px) => Math.max(0, Math.min(panels[0].width, px)))
          .sort((a, b) => a - b);
        for (const { overlay, height } of panels) {
          draw(overlay, 'rect', { class: 'brush', x: left, y: 0, width: right - left, height });
        }
      });
      svg.addEventListener('pointerup', (event) => {
        const start = pressed;
        pressed = null;
        if (start === null) return;
        const { x } = local(event, panels[0]);
        if (Math.abs(x - start) < DRAG) return;
        const [from, to] = [value(start), value(x)].sort((a, b) => a - b);
        zoom(from, to);
      });
      svg.addEventListener('pointercancel', () => {
        pressed = null;
        show(-1);
      });
      svg.addEventListener('pointerleave', (event) => {
        if (pressed === null && event.pointerType !== 'touch') show(-1);
      });
      svg.addEventListener('dblclick', () => zoom(full[0], full[1]));
    }
  }

  /** @param {HTMLElement} figure @param {ChartData} data @param {string} name @returns {View} */
  function openView(figure, data, name) {
    const svg = /** @type {SVGSVGElement} */ (figure.querySelector(`.plot .${name} svg`));
    const panels = data.panels[name].map(({ group, x, y }, i) => {
      const body = /** @type {SVGGraphicsElement} */ (svg.querySelector(`.${group} > g`));
      const content = /** @type {Element} */ (body.querySelector(':scope > g'));
      const [, width, height] =
        /h([\d.]+)v([\d.]+)/.exec(body.querySelector('.background')?.getAttribute('d') ?? '') ?? [];
      const overlay = /** @type {SVGGElement} */ (draw(content, 'g', {}));
      const panel = { body, content, overlay, width: Number(width), height: Number(height), x, y };
      const clip = draw(content, 'clipPath', { id: `${figure.id}-${name}-clip-${i}` });
      draw(clip, 'rect', { x: 0, y: -1, width: panel.width, height: panel.height + 2 });
      const marks = [...content.querySelectorAll(':scope > .role-mark')];
      if (x.type === 'time') for (const mark of marks) mark.setAttribute('clip-path', `url(#${clip.id})`);
      /** Children of the axes' groups, as they were drawn. */
      const axes = new Map(
        [...content.querySelectorAll('.role-axis-grid, .role-axis-label, .role-axis-tick')].map((axis) => [
          axis,
          [...axis.children],
        ]),
      );
      return {
        ...panel,
        xNow: spanOf(x),
        yNow: spanOf(y),
        values: data.values[i] ?? [],
        marks: marks
          .flatMap((mark) => [...mark.children])
          .map((element) => remember(/** @type {SVGElement} */ (element))),
        axes,
      };
    });
    return { svg, panels };
  }

  /** A mark as it was drawn. @param {SVGElement} element @returns {Mark} */
  function remember(element) {
    const place = /translate\(([-\d.e]+),\s*([-\d.e]+)\)/.exec(element.getAttribute('transform') ?? '');
    const number = (/** @type {string} */ name) => Number(element.getAttribute(name) ?? 0);
    return {
      element,
      place: place ? [Number(place[1]), Number(place[2])] : null,
      x2: number('x2'),
      y2: number('y2'),
      width: number('stroke-width'),
    };
  }

  /** Moves the marks of a panel to its present spans and redraws its axes. @param {Panel} panel @param {boolean} isAll */
  function redraw(panel, isAll) {
    const { content, width, height, marks, xNow, yNow } = panel;
    const [x0, x1] = spanOf(panel.x);
    const [y0, y1] = spanOf(panel.y);
    const kx = (x1 - x0) / (xNow[1] - xNow[0]);
    const ky = (y1 - y0) / (yNow[1] - yNow[0]);
    const tx = along(x0, xNow, width);
    const ty = height - along(y1, yNow, height);
    content.classList.toggle('zoomed', !isAll);
    for (const { element, place, x2, y2, width: stroke } of marks) {
      if (place === null) {
        if (isAll) element.removeAttribute('transform');
        else element.setAttribute('transform', `matrix(${kx},0,0,${ky},${tx},${ty})`);
        continue;
      }
      // Labels, and lines from top to bottom, keep their height.
      const keeps = element.tagName === 'text' || element.hasAttribute('stroke-dasharray');
      const gap = element.tagName === 'text' ? LABEL_GAP : 0;
      element.setAttribute(
        'transform',
        `translate(${kx * (place[0] - gap) + tx + gap},${keeps ? place[1] : ky * place[1] + ty})`,
      );
      if (element.tagName !== 'line' || keeps) continue;
      element.setAttribute('x2', String(kx * x2));
      element.setAttribute('y2', String(ky * y2));
      if (x2 === 0) element.setAttribute('stroke-width', String(Math.min(kx * stroke, Math.max(stroke, 9))));
    }
    for (const [axis, drawn] of panel.axes)
      axis.replaceChildren(...(isAll ? drawn : axisParts(axis, drawn, panel)));
  }

  /** Lines or labels of an axis for a panel's present spans, after the pattern of those drawn. @param {Element} axis @param {Element[]} drawn @param {Panel} panel */
  function axisParts(axis, drawn, { width, height, xNow, yNow, values }) {
    const pattern = drawn[0];
    if (pattern === undefined) return [];
    const isLabel = axis.classList.contains('role-axis-label');
    const isVertical =
      axis.classList.contains('role-axis-grid') || (isLabel && pattern.getAttribute('text-anchor') === 'end');
    const [, left, top] =
      /translate\(([-\d.e]+),\s*([-\d.e]+)\)/.exec(pattern.getAttribute('transform') ?? '') ?? [];
    const ticks = isVertical
      ? steps(yNow[0], yNow[1], Math.max(2, Math.round(height / 45))).map(({ at, step }) => ({
          at: height - along(at, yNow, height),
          text: writeTick(at, step, values[0]?.format ?? 'points'),
        }))
      : days(xNow[0], xNow[1], Math.max(1, Math.floor(width / LABEL_WIDTH))).map(({ at, text }) => ({
          at: along(at, xNow, width),
          text,
        }));
    return ticks.map(({ at, text }) => {
      const part = /** @type {Element} */ (pattern.cloneNode(true));
      const shift = isLabel ? 3 : 0; // from the middle of a label to its baseline
      part.setAttribute(
        'transform',
        isVertical ? `translate(${left},${at + shift})` : `translate(${at},${top})`,
      );
      if (isLabel) {
        part.textContent = text;
        if (!isVertical) part.setAttribute('text-anchor', 'middle');
      }
      return part;
    });
  }

  /** Round values between two numbers. @param {number} low @param {number} high @param {number} most */
  function steps(low, high, most) {
    const rough = (high - low) / most;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
    const first = Math.ceil(low / step);
    return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, i) => ({
      at: (first + i) * step,
      step,
    }));
  }

  /** Days, first days of months or of years between two times. @param {number} from @param {number} to @param {number} most */
  function days(from, to, most) {
    const length = (to - from) / DAY;
    const daily = [1, 2, 7, 14].find((step) => length / step <= most);
    if (daily !== undefined) {
      const first = Math.ceil(from / DAY / daily) * daily;
      const count = Math.floor((to / DAY - first) / daily) + 1;
      return Array.from({ length: count }, (_, i) => (first + i * daily) * DAY).map((at) => ({
        at,
        text: `${new Date(at).getUTCDate()} ${MONTHS[new Date(at).getUTCMonth()]}`,
      }));
    }
    const months = [1, 2, 3, 6, 12, 24, 60].find((step) => length / (30.4 * step) <= most) ?? 120;
    const start = new Date(from);
    const first =
      Math.ceil(
        (12 * start.getUTCFullYear() + start.getUTCMonth() + (start.getUTCDate() > 1 ? 1 : 0)) / months,
      ) * months;
    /** @type {{ at: number, text: string }[]} */
    const found = [];
    for (let month = first; ; month += months) {
      const at = Date.UTC(Math.floor(month / 12), month % 12);
      if (at > to) return found;
      found.push({ at, text: `${months < 12 ? `${MONTHS[month % 12]} ` : ''}${Math.floor(month / 12)}` });
    }
  }

  /** A value as its scale spaces it. @param {Scale} scale @param {number} value */
  function onScale({ type }, value) {
    return type === 'log' ? Math.log(value) : value;
  }

  /** First and last value of a continuous scale, as it spaces them. @param {Scale} scale */
  function spanOf(scale) {
    return scale.domain.map((value) => onScale(scale, Number(value)));
  }

  /** Distance of a value from the start of an axis, px. @param {number} value @param {number[]} span @param {number} length */
  function along(value, span, length) {
    return ((value - span[0]) / (span[1] - span[0])) * length;
  }

  /** @param {unknown} value @param {string} format */
  function write(value, format) {
    if (typeof value !== 'number') return value === null || value === undefined ? '–' : String(value);
    const fixed = (/** @type {number} */ number, /** @type {number} */ digits) =>
      number.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
    const text =
      format === 'share'
        ? `${fixed(100 * value, 1)} %`
        : format === 'change'
          ? `${value > 0 ? '+' : ''}${fixed(100 * value, 2)} %`
          : format === 'score'
            ? `${value > 0 ? '+' : ''}${fixed(value, 3)}`
            : format === 'loss'
              ? fixed(value, 4)
              : fixed(value, 2);
    return text.replace('-', '−');
  }

  /** @param {number} value @param {number} step @param {string} format */
  function writeTick(value, step, format) {
    const isShare = format === 'share' || format === 'change';
    const number = isShare ? 100 * value : value;
    const digits = Math.max(0, -Math.floor(Math.log10(isShare ? 100 * step : step) + 1e-9));
    const isSigned = format === 'change' || format === 'score';
    const text = number.toLocaleString('en-US', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    if (Math.abs(number) < 1e-9) return '0';
    return `${isSigned && number > 0 ? '+' : ''}${text}${isShare ? '%' : ''}`.replace('-', '−');
  }

  /** @param {number} time */
  function writeDay(time) {
    const day = new Date(time);
    return `${WEEKDAYS[day.getUTCDay()]}, ${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]} ${day.getUTCFullYear()}`;
  }

  /** @param {Element} parent @param {string} tag @param {string} className @param {string} [text] @returns {HTMLElement} */
  function add(parent, tag, className, text) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  }

  /** @param {Element} parent @param {string} text @param {() => void} act @returns {HTMLButtonElement} */
  function addButton(parent, text, act) {
    const button = /** @type {HTMLButtonElement} */ (add(parent, 'button', '', text));
    button.type = 'button';
    button.addEventListener('click', act);
    return button;
  }

  /** @param {Element} parent @param {string} tag @param {Record<string, string | number>} attributes */
  function draw(parent, tag, attributes) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    parent.append(element);
    return element;
  }
})();
