package io.trueup.failure;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The messages of a failure and of its causes, in one text. */
public final class Causes {

    /** Kafka's client names what it cannot parse of a JAAS configuration, and that may be a part of a password. */
    private static final String JAAS = "JAAS";

    private static final Pattern QUOTED = Pattern.compile("'[^']*'|\"[^\"]*\"");

    private Causes() {}

    /**
     * Returns the message of a failure, followed by those messages of its causes that say more. The message of Kafka's clients
     * "Failed to construct kafka consumer" has its reason only there.
     */
    public static String describe(Throwable failure) {
        List<String> messages = new ArrayList<>();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = message(cause);
            if (messages.stream().noneMatch(said -> said.contains(message))) {
                messages.add(message);
            }
        }
        return String.join(": ", messages.stream().map(Causes::withoutEnd).toList())
                + end(messages.get(messages.size() - 1));
    }

    private static String message(Throwable cause) {
        String message = cause.getMessage();
        if (message == null || message.isBlank()) {
            return cause.getClass().getSimpleName();
        }
        String text = cause instanceof java.nio.file.NoSuchFileException ? "there is no file " + message : message;
        return text.contains(JAAS) ? QUOTED.matcher(text).replaceAll("[hidden]") : text.strip();
    }

    private static String withoutEnd(String message) {
        return message.endsWith(".") && !message.endsWith("..") ? message.substring(0, message.length() - 1) : message;
    }

    private static String end(String message) {
        return message.endsWith(".") && !message.endsWith("..") ? "." : "";
    }
}
