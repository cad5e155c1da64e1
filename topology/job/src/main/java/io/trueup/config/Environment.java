package io.trueup.config;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Settings in environment variables. {@code TRUEUP_ROUND_INTERVAL} is {@code round.interval}: the prefix is removed, letters
 * become lower case, {@code _} becomes a dot, {@code __} an underscore, {@code ___} a hyphen.
 */
final class Environment {

    private static final String PREFIX = "TRUEUP_";

    /** Variables of the command line and the logging. */
    static final List<String> RESERVED = List.of("TRUEUP_CONFIG", "TRUEUP_LOG_FORMAT", "TRUEUP_LOG_LEVEL");

    /** Names that look like the variable of the launcher for options of Java, which is another one. */
    private static final List<String> OPTIONS_OF_JAVA = List.of("TRUEUP_OPTS", "TRUEUP_JAVA_OPTS");

    /** Variables that Kubernetes adds for services whose name begins with "trueup". */
    private static final Pattern SERVICE_LINK = Pattern.compile(
            "TRUEUP_(?:.+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_.+)?|PORT(?:_\\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)");

    private static final Pattern UNDERSCORES = Pattern.compile("_+");

    private Environment() {}

    /** Returns the settings among the variables, by key. Empty variables are ignored. */
    static Map<String, String> settings(Map<String, String> variables, Problems problems) {
        Map<String, String> settings = new TreeMap<>();
        new TreeMap<>(variables).forEach((name, value) -> {
            if (OPTIONS_OF_JAVA.contains(name) && !value.isBlank()) {
                problems.addText(name, name + " has no effect; options of Java are in JAVA_OPTS: rename the variable");
            } else if (isSetting(name) && !value.isBlank()) {
                String key = key(name);
                problems.setBy(key, name);
                settings.put(key, value);
            }
        });
        return settings;
    }

    /** Returns the key that a variable sets. */
    static String key(String variable) {
        String name = variable.substring(PREFIX.length()).toLowerCase(Locale.ROOT);
        return UNDERSCORES.matcher(name).replaceAll(Environment::separator);
    }

    private static boolean isSetting(String name) {
        return name.startsWith(PREFIX)
                && !RESERVED.contains(name)
                && !SERVICE_LINK.matcher(name).matches();
    }

    private static String separator(MatchResult underscores) {
        return switch (underscores.end() - underscores.start()) {
            case 1 -> ".";
            case 2 -> "_";
            case 3 -> "-";
            default -> Matcher.quoteReplacement(underscores.group());
        };
    }
}
