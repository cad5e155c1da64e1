/** Repair events: how they are written into a target's repair topic, and how the values that they carry are read back. */
package io.trueup.repair;
