package io.trueup.ops.action;

import io.trueup.config.TrueupConfig;
import io.trueup.ops.http.Body;
import io.trueup.ops.http.InvalidBodyException;
import io.trueup.tree.KeyedHash;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Fields that several actions have. */
final class Fields {

    static final String REPLICA = "replica";
    static final String KEY = "key";
    static final String KEY_HEX = "keyHex";

    private Fields() {}

    /** The name of a replica to which repairs are sent. */
    static String repaired(TrueupConfig config, String name) throws InvalidBodyException {
        List<String> repaired = config.replicas().stream()
                .filter(replica -> config.replica(replica).repairsTopic() != null)
                .toList();
        if (!repaired.contains(name)) {
            throw new InvalidBodyException(
                    REPLICA + " is none that is repaired; those are " + String.join(", ", repaired));
        }
        return name;
    }

    /** The record key: text in UTF-8, or hexadecimal digits. */
    static byte[] key(Body body) throws InvalidBodyException {
        Optional<String> text = body.text(KEY);
        Optional<String> hex = body.text(KEY_HEX);
        if (text.isPresent() == hex.isPresent()) {
            throw new InvalidBodyException("one of " + KEY + " and " + KEY_HEX + " is needed, and not both");
        }
        if (text.isPresent()) {
            return text.get().getBytes(StandardCharsets.UTF_8);
        }
        try {
            return HexFormat.of().parseHex(hex.get());
        } catch (IllegalArgumentException e) {
            throw new InvalidBodyException(KEY_HEX + " is no even number of hexadecimal digits");
        }
    }

    /** A key as the log names it. */
    static String logged(byte[] key, TrueupConfig config) {
        return "the key with hash "
                + new KeyedHash(config.settings(config.replicas().get(0)).secret()).key(key);
    }
}
