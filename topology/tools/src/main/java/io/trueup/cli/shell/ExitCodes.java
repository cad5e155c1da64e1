package io.trueup.cli.shell;

/**
 * The exit codes of all commands, and the lines of the help texts that are the same for several commands.
 *
 * <p>{@code trueup audit} is different: it ends with the exit code of its verdict, and 1 means that the replicas differ.
 */
public final class ExitCodes {

    /** The command did what it was asked to do. A service that was stopped by a signal ends with it, too. */
    public static final int OK = 0;

    /** The command failed. */
    public static final int FAILED = 1;

    /** The command line or the configuration cannot be used. */
    public static final int UNUSABLE = 2;

    /**
     * {@code trueup probe}: the replicas differ, or did not answer. {@code trueup topics}: a topic is missing, or is not as it
     * should be.
     */
    public static final int DIFFERENT = 3;

    /** {@code trueup scrub}: a signal stopped it before every partition was scanned. */
    public static final int INTERRUPTED = 130;

    /** Line of a help text: a service was stopped. */
    public static final String STOPPED_LINE = OK + ":stopped by a signal";

    /** Line of a help text: the command failed. */
    public static final String FAILED_LINE = FAILED + ":failed";

    /** Line of a help text: the command line or the configuration cannot be used. */
    public static final String UNUSABLE_LINE = UNUSABLE + ":the configuration or an option cannot be used";

    private ExitCodes() {}
}
