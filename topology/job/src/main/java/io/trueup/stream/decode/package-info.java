/**
 * Records of the sources become input of the reconciler here; a record that cannot be decoded becomes a dead letter. Begin with
 * {@code Decoder}, which all decoders extend, and {@link io.trueup.stream.decode.DeadLetters}.
 */
package io.trueup.stream.decode;
