// How wide an element is, for drawings whose words should not grow with them.

import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** A ref for the element, and its width in pixels; `first` until it is known. */
export function useWidth<T extends HTMLElement>(first: number) {
  const element = useRef<T>(null);
  const [width, setWidth] = useState(first);
  useLayoutEffect(() => {
    const measure = () => setWidth(Math.floor(element.current?.clientWidth || first));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, []);
  return [element, width] as const;
}
