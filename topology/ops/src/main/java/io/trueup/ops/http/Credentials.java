package io.trueup.ops.http;

import io.trueup.config.http.HttpSettings;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/**
 * Checks the credentials of requests. It keeps hashes of the values of the header {@code Authorization} that are right, and compares
 * them in a time that does not depend on how much of them agrees. Immutable and thread-safe.
 */
final class Credentials {

    /** In place of a user name: the holder of the token. */
    private static final String TOKEN_USER = "token";

    private static final String BEARER = "bearer";
    private static final String BASIC = "basic";

    private static final int NONE = -1;

    private final List<byte[]> accepted = new ArrayList<>();
    /** Whose each of them are. */
    private final List<String> users = new ArrayList<>();

    private final List<String> challenges = new ArrayList<>();

    Credentials(HttpSettings settings) {
        settings.token().ifPresent(token -> {
            accepted.add(hash(BEARER, token));
            users.add(TOKEN_USER);
            challenges.add("Bearer realm=\"trueup\"");
        });
        settings.basic().ifPresent(basic -> {
            String pair = basic.user() + ':' + basic.password();
            users.add(basic.user());
            accepted.add(hash(BASIC, Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8))));
            challenges.add("Basic realm=\"trueup\", charset=\"UTF-8\"");
        });
    }

    /** The values of {@code WWW-Authenticate} of a refusal. */
    List<String> challenges() {
        return challenges;
    }

    /**
     * Whether a request may be answered.
     *
     * @param authorization its header, or null
     */
    boolean accept(String authorization) {
        return accepted.isEmpty() || found(authorization) != NONE;
    }

    /** Whether any are configured. */
    boolean areConfigured() {
        return !accepted.isEmpty();
    }

    /**
     * Whose credentials a request has that may be answered.
     *
     * @param authorization its header
     */
    String user(String authorization) {
        return users.get(found(authorization));
    }

    /** Which of the accepted values a header has. */
    private int found(String authorization) {
        if (authorization == null) {
            return NONE;
        }
        String given = authorization.strip();
        int space = given.indexOf(' ');
        if (space < 0) {
            return NONE;
        }
        byte[] hash = hash(
                given.substring(0, space).toLowerCase(Locale.ROOT),
                given.substring(space + 1).strip());
        int found = NONE;
        for (int i = 0; i < accepted.size(); i++) {
            found = MessageDigest.isEqual(accepted.get(i), hash) ? i : found;
        }
        return found;
    }

    /** Whether a request carries the token: no page of another origin can have made it. */
    boolean isToken(String authorization) {
        return !accepted.isEmpty()
                && authorization != null
                && authorization.strip().regionMatches(true, 0, BEARER, 0, BEARER.length())
                && accept(authorization);
    }

    private static byte[] hash(String scheme, String credentials) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest((scheme + ' ' + credentials).getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
