// Contrast by WCAG 2 of each element that `selector` finds with what is behind it; for a node of a diagram, of its
// label with its shape. Gives [text, ratio] for each.
(selector) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const linear = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (color) => {
    const [red, green, blue] = [...rgba(color)].map((value) => linear(value / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (rgba(color)[3] > 200) return color;
    }
    return getComputedStyle(document.body).backgroundColor;
  };
  return [...document.querySelectorAll(selector)].map((element) => {
    const node = element.matches(".node");
    const label = node ? element.querySelector(".nodeLabel p, .nodeLabel") : element;
    const back = node ? getComputedStyle(element.querySelector("rect, path, polygon")).fill : behind(element);
    const [dark, light] = [luminance(getComputedStyle(label).color), luminance(back)].sort((a, b) => a - b);
    return [element.textContent.trim(), (light + 0.05) / (dark + 0.05)];
  });
}
