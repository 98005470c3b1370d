-- street_choice_longest: part of other statements, no statement by itself: of the street `s` the part by which a person
-- is shown (general_street): area (code), part_m (its length), addresses, estimated (whether these are).
    SELECT a.code AS area, p.length_m AS part_m, p.addresses,
           EXISTS (SELECT FROM published_address AS d WHERE d.street_part_id = p.id AND d.estimated) AS estimated
    FROM published_street_part AS p
    LEFT JOIN published_area AS a ON a.id = p.area_id
    WHERE p.street_id = s.id
    ORDER BY p.length_m DESC, p.id
    LIMIT 1
