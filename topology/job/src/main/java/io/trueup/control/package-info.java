/**
 * The form of control messages as records of the control topic: the Avro value and the record key. Begin with
 * {@link io.trueup.control.ControlCodec}.
 */
package io.trueup.control;
