/**
 * Records of a schema registry: what a configuration says about it, and how a process reads and writes while it can be reached and while
 * it cannot. Begin with {@link io.trueup.registry.RegistrySettings} and {@link io.trueup.registry.ConfiguredCodecs};
 * {@link io.trueup.registry.HoldBack} lets records wait whose schema is not known yet.
 */
package io.trueup.registry;
