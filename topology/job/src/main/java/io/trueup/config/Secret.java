package io.trueup.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads the hash secret, from the configuration or from a file of its own. */
final class Secret {

    private static final String HOW = "all reconcilers of the dataset share at least " + Rules.MIN_SECRET_BYTES
            + " random bytes, for example from: openssl rand -base64 24";

    private Secret() {}

    /** Returns the secret; empty if there is none, which is then added to the problems. */
    static byte[] read(Values values, Problems problems) {
        if (problems.concern(Keys.HASH_SECRET, Keys.HASH_SECRET_FILE)) {
            return new byte[0];
        }
        boolean given = values.has(Keys.HASH_SECRET);
        boolean inFile = values.has(Keys.HASH_SECRET_FILE);
        if (given && inFile) {
            problems.addText(Keys.HASH_SECRET, "hash.secret and hash.secret.file are both set; keep one of them");
        } else if (inFile) {
            return readFile(values.text(Keys.HASH_SECRET_FILE), problems);
        } else if (given) {
            return values.password(Keys.HASH_SECRET).value().getBytes(StandardCharsets.UTF_8);
        } else {
            problems.addText(Keys.HASH_SECRET, "hash.secret is not set; set it or hash.secret.file: " + HOW);
        }
        return new byte[0];
    }

    private static byte[] readFile(String file, Problems problems) {
        try {
            byte[] secret = Files.readString(Path.of(file)).strip().getBytes(StandardCharsets.UTF_8);
            if (secret.length < Rules.MIN_SECRET_BYTES) {
                problems.add(Keys.HASH_SECRET_FILE, file, "holds only " + secret.length + " bytes; " + HOW);
            }
            return secret;
        } catch (NoSuchFileException e) {
            problems.add(Keys.HASH_SECRET_FILE, file, "there is no such file; " + HOW);
        } catch (IOException | IllegalArgumentException e) {
            problems.add(
                    Keys.HASH_SECRET_FILE,
                    file,
                    "cannot be read as UTF-8 text (" + e.getClass().getSimpleName() + ")");
        }
        return new byte[0];
    }
}
