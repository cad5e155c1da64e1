package io.trueup.repair;

import io.trueup.reconcile.Repair;

/**
 * The content of a repair: a value, a reference, or neither if it is a delete.
 *
 * @param value the value, or null
 * @param reference the reference, or null
 */
record Content(byte[] value, ValueReference reference) {

    private static final Content NONE = new Content(null, null);

    static Content of(Repair repair, String target, byte[] value, ValueReference reference) {
        if (!repair.target().equals(target)) {
            throw new IllegalArgumentException(
                    "repair of replica " + repair.target() + " for the repair topic of replica " + target);
        }
        if (repair.winner().deleted()) {
            return NONE;
        }
        if (value == null && reference == null) {
            throw new IllegalArgumentException("repair " + repair.id() + " has neither value nor reference");
        }
        return value != null ? new Content(value, null) : new Content(null, reference);
    }
}
