-- The page of 50 events as an object mapper fetches it that was not told what comes next: each relation of each object by
-- a statement of its own, when it is first looked at.  For comparison; Rowan answers the same page in a few.
--
--   psql -f lazy.sql …        prints how many statements it took

DO $$
DECLARE
  event events;
  attendee attendees;
  creator users;
  organization organizations;
  statements int := 1; -- the page itself
BEGIN
  FOR event IN SELECT * FROM events ORDER BY id LIMIT 50 LOOP
    SELECT * INTO creator FROM users WHERE id = event.creator_id;
    statements := statements + 1;

    FOR attendee IN
      SELECT a.* FROM attendees a JOIN event_attendees ea ON ea.attendee_id = a.id WHERE ea.event_id = event.id ORDER BY a.id
    LOOP
      CONTINUE WHEN attendee.organization_id IS NULL;
      SELECT * INTO organization FROM organizations WHERE id = attendee.organization_id;
      statements := statements + 1;
    END LOOP;
    statements := statements + 1;

    PERFORM a.* FROM attendees a JOIN event_attendees ea ON ea.attendee_id = a.id
      WHERE ea.event_id = event.id AND a.organization_id IS NULL ORDER BY a.id;
    statements := statements + 1;
  END LOOP;
  RAISE NOTICE '% statements', statements;
END
$$;
