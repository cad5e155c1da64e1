package io.trueup.bench.restart;

/** How the process before has ended, and what of its state is left. */
public enum Restart {
    /** Without keys: what a start takes whatever it holds. Stopped as an operator does, all state is left. */
    EMPTY("clean, without keys"),
    /** Stopped as an operator does; all state is left. */
    CLEAN("clean"),
    /** Killed, as {@code kill -9} does, while about a thousand writes a second came. */
    KILLED("killed"),
    /** Stopped; the state directory is lost. Kafka Streams restores it from the changelog. */
    STATE_LOST("state directory lost"),
    /** Stopped; state directory and changelog are lost. The writes topic is read again from its beginning. */
    CHANGELOG_LOST("changelog lost, too");

    private final String label;

    Restart(String label) {
        this.label = label;
    }

    public String label() {
        return label;
    }
}
