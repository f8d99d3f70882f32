// How does a page upload with Uppy, and what did its user see?
import { filesOf } from './files.js'

// Progress is left out: how often it is told depends on the machine.
const TOLD = {
  'upload-start': (files) => files.map((file) => file.name),
  's3-multipart:part-uploaded': (file, part) => part.PartNumber,
  'upload-success': (file, response) => ({ name: file.name, uploadURL: response.uploadURL, body: response.body }),
  'upload-error': (file, error) => ({ name: file.name, error: error.message }),
  'cancel-all': () => null,
}

export async function run(uppy, options) {
  const events = record(uppy)
  if (options.cancelAfterParts) cancelAfter(uppy, options.cancelAfterParts)
  uppy.setMeta(options.meta ?? {})
  for (const file of filesOf(options.files)) uppy.addFile({ name: file.name, type: file.type, data: file })
  let result = await uppy.upload()
  for (let left = options.retries ?? 0; left > 0 && result?.failed?.length; left -= 1) result = await uppy.retryAll()
  return { ...summaryOf(result), events }
}

function record(uppy) {
  const events = []
  for (const [name, tell] of Object.entries(TOLD)) uppy.on(name, (...facts) => events.push([name, tell(...facts)]))
  uppy.on('info-visible', () => {
    const { message, details } = uppy.getState().info.at(-1)
    events.push(['shown', { message, details }])
  })
  return events
}

function cancelAfter(uppy, parts) {
  let done = 0
  uppy.on('s3-multipart:part-uploaded', () => {
    done += 1
    if (done === parts) uppy.cancelAll()
  })
}

function summaryOf(result) {
  return {
    successful: (result?.successful ?? []).map((file) => ({ name: file.name, uploadURL: file.response?.uploadURL })),
    failed: (result?.failed ?? []).map((file) => ({ name: file.name, error: file.error })),
  }
}
