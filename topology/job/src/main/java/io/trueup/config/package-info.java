/**
 * The configuration: every key beside its documentation and its rule, read from a properties file and the environment,
 * checked as a whole before anything starts.
 */
package io.trueup.config;
