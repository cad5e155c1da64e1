/** What a configuration says about HTTP. Begin with {@link io.trueup.config.http.HttpSettings}. */
package io.trueup.config.http;
