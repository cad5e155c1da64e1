package io.trueup.attach;

/**
 * Something that an operator should know before the job is started.
 *
 * @param level how much it matters
 * @param about a topic, or several
 * @param text what was seen, what follows from it, and what to do
 */
public record Remark(Level level, String about, String text) {

    /** How much a remark matters. */
    public enum Level {
        /** As it should be, or without consequences. */
        OK,
        /** The job runs; what it can conclude is limited, or a setting is proposed because of it. */
        NOTE,
        /** The topics cannot be compared as they are. */
        UNFIT
    }

    static Remark ok(String about, String text) {
        return new Remark(Level.OK, about, text);
    }

    static Remark note(String about, String text) {
        return new Remark(Level.NOTE, about, text);
    }

    static Remark unfit(String about, String text) {
        return new Remark(Level.UNFIT, about, text);
    }
}
