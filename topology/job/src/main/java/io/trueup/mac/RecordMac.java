package io.trueup.mac;

import io.trueup.schema.HeaderNames;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * Signs records, and verifies them: a MAC over the encoded key and value in the header {@value HeaderNames#MAC}. It is HMAC-SHA-256
 * (RFC 2104), truncated to {@value #BYTES} bytes. Each use has a key of its own, derived from the secret, so that a record of one
 * topic is never authentic in another one.
 *
 * <p>The first secret signs, and all verify. Thread-safe: each call works on a copy of an initialized MAC, which costs less than
 * the MAC of a short record.
 */
public final class RecordMac {

    /** Size of a MAC. */
    public static final int BYTES = 16;

    /** Size of a MAC with the name of its header. */
    public static final int HEADER_BYTES = HeaderNames.MAC.length() + BYTES;

    private static final String ALGORITHM = "HmacSHA256";

    /** Stands for the length of a key or value that is null. */
    private static final int NULL = -1;

    /** What a record is for. */
    public enum Use {
        /** A message of the control topic. */
        CONTROL("control"),
        /** A report of the rounds topic. */
        ROUND_REPORT("round-report");

        private final String label;

        Use(String label) {
            this.label = label;
        }
    }

    /** Whether a record is authentic. */
    public enum Verdict {
        AUTHENTIC("has the MAC of a secret"),
        MISSING("has no MAC"),
        WRONG("has a MAC of no secret that is known here");

        private final String text;

        Verdict(String text) {
            this.text = text;
        }
    }

    private final List<Mac> initialized;

    /**
     * Derives the keys of a use.
     *
     * @param secrets at least one; not kept
     */
    public RecordMac(List<byte[]> secrets, Use use) {
        if (secrets.isEmpty()) {
            throw new IllegalArgumentException("there is no secret");
        }
        initialized = secrets.stream()
                .map(secret -> initialized(derived(secret, "trueup/mac/" + use.label)))
                .toList();
    }

    /** Derives another secret. It does not reveal the one that it was derived from. */
    private static byte[] derived(byte[] secret, String label) {
        return initialized(secret).doFinal(label.getBytes(StandardCharsets.UTF_8));
    }

    private static Mac initialized(byte[] key) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    /** Adds the MAC of a key and a value, either of which may be null. */
    public void sign(byte[] key, byte[] value, Headers headers) {
        headers.add(HeaderNames.MAC, mac(initialized.get(0), key, value));
    }

    /** Whether a record has the MAC of one of the secrets. Does not decode anything. */
    public Verdict check(byte[] key, byte[] value, Headers headers) {
        Header header = headers.lastHeader(HeaderNames.MAC);
        if (header == null || header.value() == null) {
            return Verdict.MISSING;
        }
        for (Mac mac : initialized) {
            if (MessageDigest.isEqual(mac(mac, key, value), header.value())) {
                return Verdict.AUTHENTIC;
            }
        }
        return Verdict.WRONG;
    }

    /** Says what is wrong with a record that is not authentic, where it lies, and why it usually is so. */
    public static String refusal(String topic, int partition, long offset, Verdict verdict) {
        return topic + "-" + partition + "@" + offset + ": the record is ignored, because " + reason(verdict);
    }

    /** Says what is wrong with a record that is not authentic, and why it usually is so. */
    public static String reason(Verdict verdict) {
        return "it " + verdict.text
                + ". Either its sender runs an earlier version of Trueup, or it has another control.secrets (another hash.secret"
                + " where control.secrets is not set)";
    }

    private static byte[] mac(Mac prototype, byte[] key, byte[] value) {
        try {
            Mac mac = (Mac) prototype.clone();
            update(mac, key);
            update(mac, value);
            return Arrays.copyOf(mac.doFinal(), BYTES);
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the " + ALGORITHM + " of every Java platform can be copied", e);
        }
    }

    /** The length keeps the end of the key and the begin of the value apart. */
    private static void update(Mac mac, byte[] bytes) {
        mac.update(ByteBuffer.allocate(Integer.BYTES)
                .putInt(bytes == null ? NULL : bytes.length)
                .flip());
        if (bytes != null) {
            mac.update(bytes);
        }
    }
}
