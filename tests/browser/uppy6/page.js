// How is Uppy 6 set up: against a Companion, or with the app's own call for signatures?
import AwsS3 from '@uppy/aws-s3'
import Uppy from '@uppy/core'
import { run } from '../run.js'

window.versions = { '@uppy/aws-s3': AwsS3.VERSION, '@uppy/core': Uppy.VERSION }

window.run = (options) => {
  const uppy = new Uppy()
  uppy.use(AwsS3, {
    ...(options.sign ? { signRequest: signer(options) } : { companionEndpoint: options.endpoint }),
    allowedMetaFields: options.allowedMetaFields ?? true,
    shouldUseMultipart: options.multipart ?? false,
  })
  return run(uppy, options)
}

// Uppy tells its signer the method, the key and what is left of a multipart upload; the app adds what else it knows.
function signer({ sign, headers, known }) {
  return async (request) => {
    const answer = await fetch(sign, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ ...known, ...request }),
    })
    const told = await answer.json()
    if (!answer.ok) throw new Error(told.message)
    return told
  }
}
