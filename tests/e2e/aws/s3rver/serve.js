// node serve.js FOLDER BUCKET: serves the bucket on loopback, and prints the port.
'use strict';

const S3rver = require('@20minutes/s3rver');

const [directory, name] = process.argv.slice(2);
const bucket = { name, configs: [] };
new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets: [bucket] })
  .run()
  .then(({ port }) => console.log(port));
