package io.trueup.failure;

import java.util.regex.Pattern;

/** Words of a command line that is printed for a POSIX shell. */
public final class ShellWords {

    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

    private ShellWords() {}

    /** Returns the word so that a shell passes it on unchanged, in quotes only if it needs them. */
    public static String quoted(String word) {
        return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
