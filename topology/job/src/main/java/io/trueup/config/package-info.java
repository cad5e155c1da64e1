/**
 * The configuration: it defines every key with its rule and its documentation, reads a properties file and the environment,
 * and checks everything before anything starts. Begin with {@link io.trueup.config.TrueupConfig}, then
 * {@link io.trueup.config.Keys}.
 */
package io.trueup.config;
