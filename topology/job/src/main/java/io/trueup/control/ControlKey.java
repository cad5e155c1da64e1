package io.trueup.control;

import io.trueup.avro.MalformedRecordException;
import io.trueup.reconcile.exchange.Message;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/**
 * The key of a control record, {@code <replica>/<partition>} as text. A reconciler receives its own messages too, and
 * recognizes them by this key without decoding them.
 *
 * @param replica the replica that sent the message; {@link Message#PERSON} if a person did
 * @param partition the partition of the dataset that it is about
 */
public record ControlKey(String replica, int partition) {

    public byte[] encode() {
        return (replica + '/' + partition).getBytes(StandardCharsets.UTF_8);
    }

    public static ControlKey decode(byte[] bytes) throws MalformedRecordException {
        if (bytes == null) {
            throw new MalformedRecordException("a control record needs the key <replica>/<partition>; it has none");
        }
        String text = new String(bytes, StandardCharsets.UTF_8);
        int slash = text.lastIndexOf('/');
        try {
            int partition = Integer.parseInt(text.substring(slash + 1));
            if (slash >= 0 && partition >= 0) {
                return new ControlKey(text.substring(0, slash), partition);
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw new MalformedRecordException(
                "the key of a control record is <replica>/<partition>, not \"" + shown(text) + '"');
    }

    /** The partition that a key names; empty if it names none. */
    public static OptionalInt partitionOf(byte[] key) {
        try {
            return OptionalInt.of(decode(key).partition());
        } catch (MalformedRecordException e) {
            return OptionalInt.empty();
        }
    }

    private static String shown(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }
}
