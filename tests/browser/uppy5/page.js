// How is Uppy 5 set up against a Companion?
import AwsS3 from '@uppy/aws-s3'
import Uppy from '@uppy/core'
import { run } from '../run.js'

window.versions = { '@uppy/aws-s3': AwsS3.VERSION, '@uppy/core': Uppy.VERSION }

window.run = (options) => {
  const uppy = new Uppy()
  uppy.use(AwsS3, {
    endpoint: options.endpoint,
    headers: options.headers,
    allowedMetaFields: options.allowedMetaFields ?? true,
    shouldUseMultipart: options.multipart ?? false,
  })
  return run(uppy, options)
}
