package io.trueup.state;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.common.Uuid;

/**
 * Identifies what stored entries were built from. Offsets have no meaning in a topic that was created again, and key hashes
 * have none under another secret: entries are used only if their identity is that of the running job. Immutable.
 */
public final class StateIdentity {

    private static final byte VERSION = 2;
    /** Written by versions that did not note what a new state lacks. */
    private static final byte EARLIER_VERSION = 1;

    private static final int CHECK_BYTES = 16;
    private static final int BYTES = 1 + 16 + CHECK_BYTES;

    private final String topic;
    private final Uuid topicId;
    private final byte[] secretCheck;

    /**
     * @param topic name of the writes topic, for messages
     * @param topicId its id; a topic that is created again has another one
     * @param secret {@code hash.secret}; only a hash of a constant, keyed with it, is kept
     */
    public StateIdentity(String topic, Uuid topicId, byte[] secret) {
        this.topic = topic;
        this.topicId = topicId;
        this.secretCheck = check(secret);
    }

    private static byte[] check(byte[] secret) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            byte[] hash = mac.doFinal("trueup state".getBytes(StandardCharsets.US_ASCII));
            return Arrays.copyOf(hash, CHECK_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime has HmacSHA256", e);
        }
    }

    byte[] encode() {
        return ByteBuffer.allocate(BYTES)
                .put(VERSION)
                .putLong(topicId.getMostSignificantBits())
                .putLong(topicId.getLeastSignificantBits())
                .put(secretCheck)
                .array();
    }

    /** Whether a version wrote it that did not note what a new state lacks. */
    static boolean isOfEarlierVersion(byte[] stored) {
        return stored[0] == EARLIER_VERSION;
    }

    /** Whether {@code stored}, of whatever version, names the same topic. */
    boolean isOfSameTopic(byte[] stored) {
        return stored.length == BYTES && topicId(stored).equals(topicId);
    }

    private static Uuid topicId(byte[] stored) {
        ByteBuffer in = ByteBuffer.wrap(stored, 1, BYTES - 1);
        return new Uuid(in.getLong(), in.getLong());
    }

    /** @throws StateMismatchException if {@code stored} was written by another identity */
    void verify(byte[] stored, String store) {
        if (stored.length != BYTES || stored[0] != VERSION && !isOfEarlierVersion(stored)) {
            throw new StateMismatchException("Store " + store + " was written by another version of Trueup (format "
                    + stored[0] + ", this version reads " + VERSION + "): start that version, or reset the application"
                    + RESET);
        }
        Uuid storedTopicId = topicId(stored);
        if (!storedTopicId.equals(topicId)) {
            throw new StateMismatchException("The writes topic " + topic + " was created again: store " + store
                    + " was built from topic id " + storedTopicId + ", the topic now has id " + topicId
                    + ". Its entries cannot be kept: reset the application" + RESET);
        }
        byte[] storedCheck = Arrays.copyOfRange(stored, BYTES - CHECK_BYTES, BYTES);
        if (!Arrays.equals(storedCheck, secretCheck)) {
            throw new StateMismatchException(
                    "Store " + store + " was built with another hash.secret, value.canonical or"
                            + " value.ignore. Set the former one, or reset the application" + RESET);
        }
    }

    static final String RESET =
            " (stop it and run `trueup reset`): it then reads the writes topic again from its start";
}
