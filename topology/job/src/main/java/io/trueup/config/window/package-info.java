/** Maintenance windows: when repairs rest or are slowed down, by cron expressions. */
package io.trueup.config.window;
