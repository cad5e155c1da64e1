package io.trueup.cli.shell;

/** The exit codes, the same for all commands, and their lines in the help texts. */
public final class ExitCodes {

    /** Yes: the command did what it was asked to do, or the answer is yes. A service that a signal has stopped ends with it, too. */
    public static final int OK = 0;

    /** No: the command has found out what it was asked, and the answer is no. Nothing else ends with it. */
    public static final int NO = 1;

    /** The command could not tell, or could not run: it failed, or its options or its configuration cannot be used. */
    public static final int FAILED = 2;

    /** Ctrl-C has stopped the command before its end; SIGTERM: 143. As Java and shells have it: 128 and the signal. */
    public static final int INTERRUPTED = 130;

    /** Line of a help text: a service was stopped. */
    public static final String STOPPED_LINE = OK + ":stopped by a signal";

    /** Line of a help text: the command failed. */
    public static final String FAILED_LINE =
            FAILED + ":could not run: it failed, or the configuration or an option cannot be used";

    /** Line of a help text: the command was interrupted. */
    public static final String INTERRUPTED_LINE = INTERRUPTED + ", 143:interrupted by Ctrl-C or SIGTERM";

    private ExitCodes() {}
}
