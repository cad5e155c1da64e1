package io.trueup.cli.shell;

import java.io.Console;

/** Whether the command runs on a terminal. */
public final class Terminal {

    /** Goes to the start of the line and clears it. */
    public static final String CLEAR_LINE = "\r\u001b[K";

    private Terminal() {}

    /**
     * Whether standard input and output are a terminal that can clear a line. From Java 22 on there is a console even where
     * standard output is a file; its method {@code isTerminal} makes the difference.
     */
    @SuppressWarnings("SystemConsoleNull")
    public static boolean isInteractive() {
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
