package io.trueup.config;

import io.trueup.config.http.HttpSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Reads the secrets of a dataset, from the configuration or from files of their own. */
final class Secret {

    private static final String HOW = "all reconcilers of the dataset share at least " + Rules.MIN_SECRET_BYTES
            + " random bytes, for example from: openssl rand -base64 24";

    private static final String ALGORITHM = "HmacSHA256";
    /** Keeps a derived secret apart from all other uses of the hash secret. */
    private static final String CONTROL_LABEL = "trueup/control.secrets";

    private static final String FORM_LABEL = "trueup/value.canonical/";

    /** Stands in the list for the secret that is derived where none is set: so that it can be replaced, too. */
    private static final String DERIVED = "derived";

    private final String key;
    private final String fileKey;
    private final String how;
    private final Values values;
    private final Problems problems;

    private Secret(String key, String fileKey, String how, Values values, Problems problems) {
        this.key = key;
        this.fileKey = fileKey;
        this.how = how;
        this.values = values;
        this.problems = problems;
    }

    /** Returns the secret of hashes; empty if there is none, which is then added to the problems. */
    static byte[] ofHashes(Values values, Problems problems) {
        Secret secret = new Secret(Keys.HASH_SECRET, Keys.HASH_SECRET_FILE, HOW, values, problems);
        if (!secret.isSet() && !problems.concern(Keys.HASH_SECRET, Keys.HASH_SECRET_FILE)) {
            problems.addText(Keys.HASH_SECRET, "hash.secret is not set; set it or hash.secret.file: " + HOW);
        }
        String text = secret.read(found -> isLongEnough(found) ? null : "holds only " + size(found) + " bytes; " + HOW);
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Returns the secrets of control messages, the one that signs first; empty if there is a problem. */
    static List<byte[]> ofControl(Values values, byte[] ofHashes, Problems problems) {
        Secret secrets = new Secret(Keys.CONTROL_SECRETS, Keys.CONTROL_SECRETS_FILE, HOW, values, problems);
        if (!secrets.isSet()) {
            return ofHashes.length == 0 ? List.of() : List.of(derived(ofHashes));
        }
        String text = secrets.read(found -> canSign(found) ? null : "holds a secret that is too short; " + HOW);
        if (text.isEmpty() || ofHashes.length == 0) {
            return List.of();
        }
        return split(text).stream()
                .map(secret -> secret.equals(DERIVED) ? derived(ofHashes) : secret.getBytes(StandardCharsets.UTF_8))
                .toList();
    }

    /** Returns a secret of HTTP, from its key or from the file that {@code <key>.file} names; empty if there is none, or a problem. */
    static String ofHttp(String key, Values values, Problems problems) {
        return new Secret(key, key + ".file", "name the file that holds it", values, problems)
                .read(found -> HttpSettings.secretFault(key, found));
    }

    /**
     * The secret of hashes where digests cover a form of values other than their bytes. Hashes with another form are then hashes under
     * another secret: peers with another form are not compared, and a state that was built with another form is refused.
     *
     * @param identity identity of the form; empty for the bytes
     */
    static byte[] forForm(byte[] ofHashes, String identity) {
        return identity.isEmpty() ? ofHashes.clone() : derived(ofHashes, FORM_LABEL + identity);
    }

    /** Whether each secret of control messages is long enough. */
    static boolean canSign(String secrets) {
        return split(secrets).stream().allMatch(secret -> secret.equals(DERIVED) || isLongEnough(secret));
    }

    /** Whether secrets of control messages are configured, and not derived. */
    private static boolean ofControlAreSet(Values values) {
        return values.has(Keys.CONTROL_SECRETS) || values.has(Keys.CONTROL_SECRETS_FILE);
    }

    /** Whether two configurations have the same secrets of control messages; derived ones follow the secret of hashes. */
    static boolean ofControlAreTheSame(Values a, List<byte[]> ofA, Values b, List<byte[]> ofB) {
        return !ofControlAreSet(a) && !ofControlAreSet(b) || Arrays.deepEquals(ofA.toArray(), ofB.toArray());
    }

    /** The parts between commas and white space; one empty part if there is nothing else. */
    private static List<String> split(String secrets) {
        List<String> parts = Arrays.stream(secrets.split("[,\\s]+"))
                .filter(Predicate.not(String::isEmpty))
                .toList();
        return parts.isEmpty() ? List.of("") : parts;
    }

    static boolean isLongEnough(String secret) {
        return size(secret) >= Rules.MIN_SECRET_BYTES;
    }

    private static int size(String secret) {
        return secret.getBytes(StandardCharsets.UTF_8).length;
    }

    private static byte[] derived(byte[] secret) {
        return derived(secret, CONTROL_LABEL);
    }

    private static byte[] derived(byte[] secret, String label) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret, ALGORITHM));
            return mac.doFinal(label.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    private boolean isSet() {
        return values.has(key) || values.has(fileKey);
    }

    /**
     * Reads the key or its file; empty if there is neither, or a problem.
     *
     * @param fault the fault of what the file holds, or null
     */
    private String read(UnaryOperator<String> fault) {
        if (problems.concern(key, fileKey)) {
            return "";
        }
        boolean given = values.has(key);
        boolean inFile = values.has(fileKey);
        if (given && inFile) {
            problems.addText(key, key + " and " + fileKey + " are both set; keep one of them");
            return "";
        }
        if (inFile) {
            return readFile(values.text(fileKey), fault);
        }
        return given ? values.password(key).value() : "";
    }

    private static String withoutByteOrderMark(String text) {
        return text.startsWith("\ufeff") ? text.substring(1) : text;
    }

    private static boolean isDirectory(String file) {
        try {
            return Files.isDirectory(Path.of(file));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    private String readFile(String file, UnaryOperator<String> fault) {
        try {
            String text = withoutByteOrderMark(Files.readString(Path.of(file))).strip();
            String wrong = fault.apply(text);
            if (wrong != null) {
                problems.add(fileKey, file, wrong);
            }
            return text;
        } catch (NoSuchFileException e) {
            problems.add(fileKey, file, "there is no such file; " + how);
        } catch (IOException | IllegalArgumentException e) {
            problems.add(
                    fileKey,
                    file,
                    isDirectory(file)
                            ? "is a directory; name the file that holds the secret"
                            : "cannot be read as UTF-8 text (" + e.getClass().getSimpleName()
                                    + "); name a text file that this process may read");
        }
        return "";
    }
}
