package io.trueup.cli;

import java.io.Console;

/** Whether a person looks on. */
final class Terminal {

    private Terminal() {}

    /** From Java 22 on there is a console even where standard output is a file, but it tells. */
    @SuppressWarnings("SystemConsoleNull")
    static boolean isThere() {
        Console console = System.console();
        String term = System.getenv("TERM");
        if (console == null || term == null || term.equals("dumb")) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }
}
