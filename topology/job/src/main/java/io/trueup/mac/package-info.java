/** Shows that a record was sent by a reconciler, or by a command of its dataset: {@link io.trueup.mac.RecordMac}. */
package io.trueup.mac;
