/**
 * Values in canonical form: replicas that write the same value in different ways have the same digest. Begin with
 * {@link io.trueup.source.canonical.ValueForm}.
 */
package io.trueup.source.canonical;
