/**
 * The HTTP server: requests within bounds, credentials, a table of routes, answers. It knows nothing of the job. Begin with {@link
 * io.trueup.ops.http.HttpServer}; a path answers by a {@link io.trueup.ops.http.Resource}.
 */
package io.trueup.ops.http;
