/** Control messages as records of the control topic: encoding, and the record key. */
package io.trueup.control;
