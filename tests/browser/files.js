// What does a page have to upload?

// Zero bytes after the end of a JPEG are nobody's business: a small photo can stand for one of any size.
export function fileOf({ name, type = 'image/jpeg', base64, size = 0 }) {
  const photo = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
  const rest = new Uint8Array(Math.max(0, size - photo.length))
  return new File([photo, rest], name, { type })
}

export const filesOf = (wanted) => wanted.map(fileOf)
